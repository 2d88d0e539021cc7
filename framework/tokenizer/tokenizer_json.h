#pragma once

#include <filesystem>

#include "tokenizer/bpe_tokenizer.h"

namespace roux {

// The parts that a tokenizer.json of the `tokenizers` library describes. Throws DataError, which
// names the file and the part, for what is damaged or not understood.
BpeTokenizerParts read_tokenizer_json(const std::filesystem::path& path);

}  // namespace roux
