#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "roux/config/fields.h"
#include "roux/config/problems.h"
#include "roux/config/struct_type.h"
#include "roux/config/toml.h"
#include "roux/config/value.h"

namespace roux::config {

// One thing that was given on top of the defaults.
struct ConfigSource {
  Value table = {};                 // of a file or a preset
  std::string override = {};        // or a word of the command line, where this is not empty
  std::string option = "--config";  // that the word came after
};

// A config and where its values came from.
struct LoadedConfig {
  std::shared_ptr<void> object;       // of the ConfigType's struct
  Problems problems;                  // what is wrong, and what is only strange (warnings)
  std::shared_ptr<const Value> tree;  // what was read, where `problems` finds the places of keys
};

// Reads the layers in `sources` onto the defaults of `type`. Finds every problem; throws for none.
LoadedConfig load_config(ConfigType type, const std::vector<ConfigSource>& sources,
                         const Catalog& catalog);

// Reads a file that was written by dump_as(): a small state, say, of a struct that chooses no
// components. It is whole or it is damaged: a field that is missing is an error too. Throws
// DataError with everything that is wrong.
std::shared_ptr<void> load_whole(ConfigType type, const std::filesystem::path& file);

template <typename S>
S load_as(const std::filesystem::path& file) {
  return *std::static_pointer_cast<S>(load_whole(config_type<S>(), file));
}

// Checks a config that was made in code as if it had been read: bounds, required fields, rules.
// Returns a copy in which every chosen component has its settings.
LoadedConfig check_config(ConfigType type, const void* object, const Catalog& catalog);

}  // namespace roux::config
