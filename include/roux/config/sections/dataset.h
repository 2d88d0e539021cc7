#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "roux/config/fields.h"

namespace roux {

// [dataset]: what is read: a card's `name`, a `path` of files, or a `family` with its settings.
struct DatasetConfig {
  std::optional<std::string> name;
  std::optional<std::filesystem::path> path;
  std::optional<std::string> family;
  config::RawTable config_overrides;
  std::int64_t num_shards = 64;

  static void describe(config::Fields<DatasetConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
