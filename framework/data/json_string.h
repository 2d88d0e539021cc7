#pragma once

#include <string>
#include <string_view>

namespace roux::data {

// Appends what a JSON string stands for: `quoted` is what lies between its quotes, in valid UTF-8
// and without control characters. Returns nullptr, or where an escape stands that means nothing.
const char* append_json_string(std::string_view quoted, std::string& text);

}  // namespace roux::data
