#pragma once

#include <filesystem>

#include "tokenizer/bpe_tokenizer.h"

namespace roux {

// Takes from the files beside a tokenizer.json what it doesn't say: which tokens begin, end, pad
// and stand for the unknown (tokenizer_config.json, special_tokens_map.json, config.json, in this
// order), and the first one's further added tokens. Files that are missing are passed over.
void read_special_files(const std::filesystem::path& folder, BpeTokenizerParts& parts);

}  // namespace roux
