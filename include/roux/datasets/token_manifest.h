#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "roux/data/token_file.h"
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

// Whether `roux data tokenize` has begun to write there, and has not come to write a manifest.
bool is_unfinished(const std::filesystem::path& path);

// Throws DataError where it is damaged, or names what is no file of the folder.
TokenManifest read_manifest(const std::filesystem::path& folder);
void write_manifest(const std::filesystem::path& folder, const TokenManifest& manifest);

// The files, in their order. Throws DataError, with what helps, for one that is missing, damaged,
// or another one than the manifest says.
std::vector<data::TokenFile> open_token_files(const std::filesystem::path& folder,
                                              const TokenManifest& manifest);

// Differs between tokenizers that would encode texts differently: made of how each token is spelt,
// of what is made of each one's own text, of some together and of probing texts, and of which
// tokens are special. Takes some microseconds for each token: ask once.
std::string fingerprint_of(const Tokenizer& tokenizer);

}  // namespace roux::datasets
