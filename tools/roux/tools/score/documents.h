#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux::tool {

// The ids of one text, and where it stood, for messages: "a.txt", "ids.txt:3".
struct Document {
  std::vector<TokenId> ids;
  std::string place;
};

// Each of them takes one line; a blank one is a document without a token, so that there is one for
// every line. They throw DataError, which names the line.

// A JSON object with a text as `field`, or a JSON string.
Document read_text(std::string_view line, const std::string& place, const std::string& field,
                   const Tokenizer& tokenizer);

// A JSON list of ids, which must be in [0, vocab_size).
Document read_ids(std::string_view line, const std::string& place, std::int64_t vocab_size);

}  // namespace roux::tool
