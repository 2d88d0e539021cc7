#include "roux/tokenizer/byte_lengths.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "roux/tokenizer/utf8.h"

namespace roux {
namespace {

constexpr std::string_view kBroken = "\xEF\xBF\xBD";  // U+FFFD

bool is_byte_token(std::string_view token) {
  return token.size() == 6 && token.starts_with("<0x") && token.ends_with(">");
}

// Of a token that is a part of a character: what its vocabulary writes for it.
std::size_t spelled_length(std::string_view token) {
  if (is_byte_token(token)) return 1;
  if (!is_valid_utf8(token)) return token.size();
  // The alphabet of bytes has a character for each.
  return static_cast<std::size_t>(std::count_if(token.begin(), token.end(), [](char c) {
    constexpr unsigned char kContinues = 0x80;
    constexpr unsigned char kMask = 0xC0;
    return (static_cast<unsigned char>(c) & kMask) != kContinues;
  }));
}

std::size_t length_of(const Tokenizer& tokenizer, TokenId id) {
  const auto token = tokenizer.token(id);
  if (!token || tokenizer.is_special(id)) return 0;
  // What stands first in a text may lose a space.
  const std::string once = tokenizer.decode(std::array{id});
  const std::string twice = tokenizer.decode(std::array{id, id});
  const bool is_whole = twice.find(kBroken) == std::string::npos || *token == kBroken;
  return is_whole ? twice.size() - once.size() : spelled_length(*token);
}

}  // namespace

std::vector<std::int32_t> byte_lengths(const Tokenizer& tokenizer) {
  std::vector<std::int32_t> lengths(static_cast<std::size_t>(tokenizer.size()));
  for (TokenId id = 0; id < tokenizer.size(); ++id) {
    lengths[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(length_of(tokenizer, id));
  }
  return lengths;
}

}  // namespace roux
