#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "roux/tokenizer/load.h"
#include "tokenizer/vocabulary.h"

namespace roux {

// What the files of tiktoken's kind have in common: ranked tokens in base64, and all else is said
// by a family.

// Decodes into `bytes`; false if it is no base64, or nothing.
bool decode_base64(std::string_view text, std::string& bytes);

// Throws DataError, which names `path`, if a byte has no token.
void expect_all_bytes(const Vocabulary& vocabulary, const std::filesystem::path& path);

// Merges go by the ids' order. Throws DataError for an id that is the family's too.
std::unique_ptr<Tokenizer> make_tiktoken(const std::filesystem::path& path,
                                         std::unique_ptr<Vocabulary> vocabulary,
                                         const TiktokenFamily& family);

// A tekken.json, as Mistral writes it.
std::unique_ptr<Tokenizer> load_tekken(const std::filesystem::path& path);

}  // namespace roux
