#pragma once

#include <string>
#include <string_view>

namespace roux {

// The spelling of bytes as printable characters in byte-level vocabularies: a space is "Ġ".
std::string spell_bytes(std::string_view bytes);

// Replaces what `bytes` holds by the bytes that `spelled` stands for; false if a character of it
// stands for none.
bool unspell_bytes(std::string_view spelled, std::string& bytes);

}  // namespace roux
