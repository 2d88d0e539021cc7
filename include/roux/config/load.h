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
  std::shared_ptr<void> object;  // of the ConfigType's struct
  Problems problems;             // what is wrong, and what is only strange (warnings)
};

// Reads the layers in `sources` onto the defaults of `type`. Finds every problem; throws for none.
LoadedConfig load_config(ConfigType type, const std::vector<ConfigSource>& sources,
                         const Catalog& catalog);

// Reads one file into a struct that chooses no components: a small state, say, in the same strict
// way. Throws ConfigError with everything that is wrong.
template <typename S>
S load_as(const std::filesystem::path& file) {
  const auto loaded = load_config(config_type<S>(), {{.table = load_toml(file)}}, NoCatalog());
  loaded.problems.throw_if_any();
  return *static_cast<const S*>(loaded.object.get());
}

// Checks a config that was made in code as if it had been read: bounds, required fields, rules.
// Returns a copy in which every chosen component has its settings.
LoadedConfig check_config(ConfigType type, const void* object, const Catalog& catalog);

}  // namespace roux::config
