#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "roux/config/load.h"
#include "roux/config/wiring.h"
#include "roux/di/container.h"
#include "roux/recipe/recipe_parts.h"

namespace roux {

// A recipe from its registrations to its sealed container, step by step, so that each question of
// the command line is answered as soon as it can be:
//
//   register everything -> read the config -> bind it -> seal
//
// Lifetime: owns the container and the config; everything built dies with it.
struct WiredRecipe {
  explicit WiredRecipe(const RecipeParts& recipe);

  // Reads the layers, after loading the extensions that they name. Problems are in `loaded`.
  void load(const std::vector<config::ConfigSource>& sources);

  // Takes a config that was made in code. Extensions are loaded, problems are in `loaded`.
  void take(const void* config);

  // Gives the container the config and what it needs from the outside, and seals it.
  void seal(const std::filesystem::path& output_dir);

  config::ConfigType type;
  di::Container container;
  config::ContainerCatalog catalog;
  config::LoadedConfig loaded;

 private:
  // Loads the extensions of `loaded`; says whether there were any.
  bool load_extensions();
};

}  // namespace roux
