#pragma once

#include <filesystem>
#include <string>

#include "roux/di/resolver.h"

namespace roux {

// Where a run writes. A struct of its own, so that it can be injected.
struct OutputFolder {
  std::filesystem::path path;
};

// The whole config as the run has it, as TOML.
struct EffectiveConfig {
  std::string toml;
};

// Whether all is to be built and nothing run (--dry-run): what is large and is filled only to be
// trained gets no memory then.
struct DryRun {
  bool on = false;
};

// What a recipe is handed to make its trainer from: the wired container, and shortcuts into it.
//
// Lifetime: the run's. References it gives live as long.
class RecipeContext {
 public:
  explicit RecipeContext(const di::Resolver& resolver) : resolver_(resolver) {}

  // Any component, by its interface: get<Model>(), get<di::Keyed<Model, "reference_model">>().
  template <typename T>
  di::Object<T>& get() const {
    return resolver_.get<T>();
  }

  // The recipe's config or a section of it, by its struct.
  template <typename C>
  const C& config() const {
    return resolver_.get<const C>();
  }

  const std::filesystem::path& output_dir() const { return config<OutputFolder>().path; }

  const di::Resolver& resolver() const { return resolver_; }

 private:
  const di::Resolver& resolver_;
};

}  // namespace roux
