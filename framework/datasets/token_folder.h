#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "roux/datasets/token_manifest.h"

namespace roux::datasets {

// What a file of tokens was made of: its description says so.
struct TokenOrigin {
  struct Source {
    std::string path;
    std::int64_t size = 0;
    std::int64_t changed = 0;  // when, as the file system counts
    std::int64_t begin = 0;    // which of its bytes
    std::int64_t end = 0;
  };

  std::string tokenizer;  // fingerprint_of() it
  std::string field;
  bool add_eos = true;
  std::vector<Source> sources;
  std::int64_t bad = 0;  // examples that were left out
};

std::string describe(const TokenOrigin& origin);

// Nothing for what describe() did not write.
std::optional<TokenOrigin> read_origin(const std::string& description);

// Throws ConfigError where the folder holds tokens that writing `wanted` would destroy: made in
// another way, of sources none of which is among `paths`, or none of ours.
void refuse_other_tokens(const std::filesystem::path& folder, const TokenManifest& wanted,
                         const std::set<std::string>& paths);

// Removes what is not in the manifest: files of an earlier, longer list, and what a killed process
// left. Nothing goes that was not written here.
void remove_leftovers(const std::filesystem::path& folder, const TokenManifest& manifest);

}  // namespace roux::datasets
