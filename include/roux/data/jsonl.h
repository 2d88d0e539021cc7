#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "roux/data/lines.h"

namespace roux::data {

// A text out of lines that are JSON objects, for Pipeline::map and parallel_map: "text" is the
// member of that name, "page.text" the member of the member.
//
// Throws DataError, FILE:LINE (byte OFFSET), where a line is no JSON object in valid UTF-8, has no
// such member (or two), or it is no string. Of the members beside it the names, colons and commas
// are checked, that strings end and hold no control characters, and that as many brackets close as
// open. What their values are is not: a NaN in a score, as Python writes it, is none of a text's
// business.
//
// Any thread may call any member.
class JsonText {
 public:
  // Throws ConfigError for a name without a part, such as "a..b".
  explicit JsonText(std::string_view field);

  std::string operator()(const Line& line) const;
  void read(const Line& line, std::string& text) const;  // in place of what `text` holds

 private:
  std::vector<std::string> keys_;  // from the outermost object to the text
};

}  // namespace roux::data
