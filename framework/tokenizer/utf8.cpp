#include "roux/tokenizer/utf8.h"

#include <simdjson.h>

#include <cstddef>

#include "tokenizer/utf8_step.h"

namespace roux {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

namespace unicode {

Step step(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {Step::Character, 1};
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0) return {Step::Broken, 1};

  // The second byte is where overlong forms, surrogates and what lies past U+10FFFF are told.
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size()) return {Step::Unfinished, i};
    const bool continues = i == 1 ? byte(1) >= least && byte(1) <= most : (byte(i) & 0xc0) == 0x80;
    if (!continues) return {Step::Broken, i};
  }
  return {Step::Character, size};
}

}  // namespace unicode

bool is_valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const unicode::Step step = unicode::step(text);
    result += step.kind == unicode::Step::Character ? text.substr(0, step.size) : kReplacement;
    text.remove_prefix(step.size);
  }
  return result;
}

}  // namespace roux
