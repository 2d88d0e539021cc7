#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "roux/recipe/recipe.h"

namespace roux {

// What a recipe's program is asked to do instead of running.
enum class Ask {
  Run,
  DryRun,
  DumpConfig,
  DumpSchema,
  Explain,
  ExplainDot,
  Help,
  ListKeys,
  ListPresets,
  Validate,
  Version,
};

// One layer of the config, in the order of the command line within its kind.
struct ConfigWord {
  std::string option;  // "--config" or "--override", as it was typed
  std::string word;    // "a.b=1"
};

// A recipe's command line.
struct Options {
  Ask ask = Ask::Run;
  std::string help_key;
  std::optional<std::filesystem::path> output_dir;
  std::optional<std::filesystem::path> checkpoint_dir;
  std::vector<std::string> presets;
  std::vector<std::filesystem::path> config_files;
  std::vector<ConfigWord> overrides;
};

// Throws ConfigError for what it doesn't understand, with the nearest option that exists.
// `shortcuts` are the recipe's own.
Options parse_options(int argc, const char* const* argv, std::span<const Shortcut> shortcuts = {});

// The lines of --help about the options.
std::string options_help(std::span<const Shortcut> shortcuts = {});

}  // namespace roux
