#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/datasets/token_manifest.h"

// A folder of tokens while it is written. What is in use has a number for a name, 000000.tokens,
// and tokens.json names it. New files have other names, new-000000.tokens, until all are there:
// then tokens.json goes, each gets its number, and a new tokens.json says so. Each file says what
// it was made of, so whoever is stopped at any of this finds again what is whole.
namespace roux::datasets {

// What a file of tokens was made of: its description says so.
struct TokenOrigin {
  struct Source {
    std::string path;  // path_text() of it
    std::int64_t size = 0;
    std::int64_t changed = 0;  // when: nanoseconds since 1970
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

// A path may be any bytes, and JSON holds UTF-8: others stand as \ff, and a backslash as two.
std::string path_text(const std::filesystem::path& path);

// A whole file that is there.
struct TokensFound {
  std::filesystem::path path;
  TokenOrigin origin;
  std::int64_t documents = 0;
  std::int64_t tokens = 0;
};

// Those in use first. Other files, and what is in folders below, are left out.
std::vector<TokensFound> find_token_files(const std::filesystem::path& folder);

// Whether `roux data tokenize` gives a file this name.
bool is_ours(std::string_view name);

// Throws ConfigError where writing `wanted` would destroy tokens: made in another way, of sources
// that are not in `paths` (by their path_text()), or not by us.
void refuse_other_tokens(const std::filesystem::path& folder, const TokenManifest& wanted,
                         const std::vector<TokensFound>& found,
                         const std::map<std::string, std::string>& paths);

// For a new file.
std::filesystem::path unused_name(const std::filesystem::path& folder);

// Takes `files` into use, in this order, as `manifest` says, whose names it sets; removes files of
// an earlier list, and what a killed process left. Nothing goes that was not written here.
void take_into_use(const std::filesystem::path& folder,
                   const std::vector<std::filesystem::path>& files, TokenManifest& manifest);

}  // namespace roux::datasets
