#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/jinja/value.h"

namespace roux::jinja {

// The value of a JSON text; its keys keep their order. All that is in it is marked as from
// `message`, unless that is kNoMessage. Throws DataError, which names `what` and the offset.
Value parse_json(std::string_view json, std::string_view what, std::int32_t message = kNoMessage);

struct JsonStyle {
  bool ascii = false;     // write other characters as \u….
  bool indented = false;  // one entry a line, each level behind `indent`
  std::string indent = {};
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};

// As Python's json.dumps writes it. What a message brought in is marked from its first to its last
// character. Throws Failure for what JSON can't say.
Text to_json(const Value& value, const JsonStyle& style);

}  // namespace roux::jinja
