#pragma once

#include <string>

#include "roux/config/fields.h"
#include "roux/config/struct_type.h"

namespace roux::config {

// A config as TOML, every field with its doc above it, in the order of its describe(). Loading the
// text gives the same config, and dumping that the same text.
std::string dump_toml(ConfigType type, const void* object, const Catalog& catalog);

// The same for a struct that chooses no components.
template <typename S>
std::string dump_as(const S& object) {
  return dump_toml(config_type<S>(), &object, NoCatalog());
}

// The JSON Schema (draft 2020-12) of a config's file, for editors and other checkers.
std::string dump_schema(ConfigType type, const Catalog& catalog);

}  // namespace roux::config
