#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

// What a folder of tokens says of itself, in tokens.json: there once all of its files are.
struct TokenManifest {
  struct File {
    std::string name;  // in the folder
    std::int64_t documents = 0;
    std::int64_t tokens = 0;
  };

  std::string tokenizer;       // fingerprint_of() what made it
  std::string tokenizer_name;  // how whoever made it called it: a path or a card; "" if not said
  std::string field;
  bool add_eos = true;
  std::vector<File> files;
};

inline constexpr const char* kTokenManifest = "tokens.json";

bool is_token_folder(const std::filesystem::path& path);

// Whether it has files of tokens and no manifest.
bool is_unfinished(const std::filesystem::path& path);

// Throws DataError where it is damaged.
TokenManifest read_manifest(const std::filesystem::path& folder);
void write_manifest(const std::filesystem::path& folder, const TokenManifest& manifest);

// Differs between tokenizers that would encode texts differently: made of all tokens, and of how
// some probing text is encoded.
std::string fingerprint_of(const Tokenizer& tokenizer);

}  // namespace roux::datasets
