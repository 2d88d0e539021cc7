#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
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
  explicit WiredRecipe(RecipeParts recipe);

  // Reads the layers, after loading the extensions that they name. Problems are in `loaded`.
  void load(const std::vector<config::ConfigSource>& sources);

  // Takes a config that was made in code. Extensions are loaded, problems are in `loaded`.
  void take(const void* config);

  // Gives the container the config and what it needs from the outside, and seals it.
  void seal(const std::filesystem::path& output_dir, DryRun dry_run = {});

  // The whole config, as --dump-config prints it.
  std::string dump() const;

  // What the recipe makes of the container. Requires: sealed.
  std::unique_ptr<Job> create_job() const;

  RecipeParts recipe;  // alive as long as what it registered
  config::ConfigType type;
  di::Container container;
  config::ContainerCatalog catalog;
  config::LoadedConfig loaded;

 private:
  // Loads the extensions that `loaded` names; says whether there were any. Those that can't be are
  // problems of the config like others.
  bool load_extensions();
  void report_bad_extensions();

  std::vector<std::pair<std::size_t, std::string>> bad_extensions_;  // place in the list, and why
};

}  // namespace roux
