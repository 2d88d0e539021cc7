#pragma once

#include <cstddef>
#include <string_view>

namespace roux::unicode {

struct Step {
  enum Kind { Character, Broken, Unfinished };

  Kind kind;
  std::size_t size;  // in bytes
};

// What `text` begins with: a character, a piece that no continuation makes one (it counts as one
// U+FFFD), or, up to the text's end, what may yet become a character. Requires: it is not empty.
Step step(std::string_view text);

}  // namespace roux::unicode
