#pragma once

#include <string>
#include <string_view>

#include "roux/config/struct_type.h"

namespace roux::config {

// What a person asks about one key: its type, bounds, value and doc; of a section, the list of its
// keys; of a `{name, config}` section, its components. `object` gives the values, and so which
// component's settings `section.config` has. An empty key is the whole config. Throws ConfigError
// for a key that doesn't exist.
std::string help_text(ConfigType type, const void* object, std::string_view key,
                      const Catalog& catalog);

// Every key of the config, in full, in order: "regime.num_steps".
std::vector<std::string> all_keys(ConfigType type, const void* object, const Catalog& catalog);

}  // namespace roux::config
