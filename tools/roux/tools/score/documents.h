#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux::tool {

// The ids of one text, and where it stood, for messages: "a.txt", "ids.txt:3".
struct Document {
  std::vector<TokenId> ids;
  std::string place;
};

// A file is one document; of a `.jsonl` or `.ndjson` file each line is one, by its field "text".
// "-" is the standard input, one document. Throws Error or DataError, which name the line.
std::vector<Document> read_texts(const std::filesystem::path& file, const Tokenizer& tokenizer);

// Each line is a JSON list of ids, which must be in [0, vocab_size).
std::vector<Document> read_ids(const std::filesystem::path& file, std::int64_t vocab_size);

}  // namespace roux::tool
