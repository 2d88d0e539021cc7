#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "roux/config/fields.h"

namespace roux {

// [tokenizer]: a card's `name`, or the `path` of its files; neither:
// the model's own.
struct TokenizerConfig {
  std::optional<std::string> name;
  std::optional<std::filesystem::path> path;
  std::optional<std::string> family;
  config::RawTable config_overrides;

  static void describe(config::Fields<TokenizerConfig>& field);
};

}  // namespace roux
