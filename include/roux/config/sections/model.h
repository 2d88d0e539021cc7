#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "roux/config/fields.h"

namespace roux {

// [model]: which model is trained, and where it comes from: a card's `name`, a folder's `path`, or
// a new one of `family` and `arch`.
struct ModelConfig {
  std::optional<std::string> name;
  std::optional<std::filesystem::path> path;
  std::optional<std::string> family;
  std::optional<std::string> arch;
  config::RawTable config_overrides;
  DType dtype = DType::Float32;

  static void describe(config::Fields<ModelConfig>& field);
  void validate(config::Problems& problems) const;
};

// [reference_model] and the like: a model that is used and not trained.
struct ReferenceModelConfig : ModelConfig {
  static void describe(config::Fields<ReferenceModelConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
