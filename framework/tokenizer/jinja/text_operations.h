#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/jinja/text.h"
#include "tokenizer/jinja/value.h"

// What Python's str does, keeping marks.
namespace roux::jinja {

// At most `count` times, from the left; all if negative.
Text replace_all(const Text& text, const Text& from, const Text& to, std::int64_t count = -1);

// At white space where there is no separator. At most `count` times; always if negative.
std::vector<Value> split_text(const Text& text, const Text* separator, std::int64_t count);
std::vector<Value> split_text_from_right(const Text& text, const Text* separator,
                                         std::int64_t count);
// Without their ends, or with them.
std::vector<Value> split_lines(const Text& text, bool keep_ends);

// str.title(); with `jinja`, what the filter does: words begin after white space and - ( { [ <.
std::string titled(std::string_view text, bool jinja);

}  // namespace roux::jinja
