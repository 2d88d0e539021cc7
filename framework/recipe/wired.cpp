#include "recipe/wired.h"

#include <utility>

#include "recipe/extensions.h"
#include "roux/base/error.h"
#include "roux/config/dump.h"
#include "roux/config/sections/common.h"
#include "roux/di/wiring_error.h"
#include "roux/recipe/composition.h"
#include "roux/recipe/context.h"

namespace roux {
namespace {

// The recipe's [common], or the defaults where its config has none.
std::shared_ptr<const CommonConfig> common_of(ConfigType type,
                                              const std::shared_ptr<const void>& config) {
  const void* section = config::find_section(type, config.get(), di::TypeId::of<CommonConfig>());
  if (!section) return nullptr;
  return {config, static_cast<const CommonConfig*>(section)};
}

}  // namespace

WiredRecipe::WiredRecipe(RecipeParts recipe_parts)
    : recipe(std::move(recipe_parts)), type(recipe.config_kls()), catalog(container) {
  register_library(container);
  recipe.register_into(container);
}

void WiredRecipe::load(const std::vector<config::ConfigSource>& sources) {
  loaded = config::load_config(type, sources, catalog);
  // An extension brings components, and with them the structs of what is to be read.
  if (load_extensions()) loaded = config::load_config(type, sources, catalog);
  report_bad_extensions();
}

void WiredRecipe::take(const void* config) {
  loaded = config::check_config(type, config, catalog);
  if (load_extensions()) loaded = config::check_config(type, config, catalog);
  report_bad_extensions();
}

bool WiredRecipe::load_extensions() {
  const auto common = common_of(type, loaded.object);
  if (!common || common->extensions.empty()) return false;
  for (std::size_t i = 0; i < common->extensions.size(); ++i) {
    try {
      load_extension(common->extensions[i], container);
    } catch (const ConfigError& error) {
      bad_extensions_.emplace_back(i, error.what());
    }
  }
  return true;
}

void WiredRecipe::report_bad_extensions() {
  for (const auto& [index, what] : bad_extensions_) {
    loaded.problems.add(cat("common.extensions[", index, "]"), what);
  }
}

std::string WiredRecipe::dump() const {
  return config::dump_toml(type, loaded.object.get(), catalog);
}

std::unique_ptr<Job> WiredRecipe::create_job() const {
  RecipeContext context(container);
  try {
    return recipe.create_job(context);
  } catch (const di::WiringError& error) {
    throw Error(
        cat("The recipe asked for what is not there while it made its trainer, evaluator or "
            "generator: ",
            error.what()));
  }
}

void WiredRecipe::seal(const std::filesystem::path& output_dir, DryRun dry_run) {
  config::bind_config(container, type, loaded.object);
  if (!common_of(type, loaded.object)) {
    container.instance<const CommonConfig>(std::make_shared<const CommonConfig>());
  }
  container.instance<const OutputFolder>(
      std::make_shared<const OutputFolder>(OutputFolder{std::filesystem::absolute(output_dir)}));
  container.instance<const DryRun>(std::make_shared<const DryRun>(dry_run));
  container.instance<const EffectiveConfig>(
      std::make_shared<const EffectiveConfig>(EffectiveConfig{dump()}));
  container.seal();
}

}  // namespace roux
