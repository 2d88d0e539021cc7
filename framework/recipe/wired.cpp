#include "recipe/wired.h"

#include "recipe/extensions.h"
#include "roux/config/sections/common.h"
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

WiredRecipe::WiredRecipe(const RecipeParts& recipe)
    : type(recipe.config_kls()), catalog(container) {
  register_library(container);
  recipe.register_into(container);
}

void WiredRecipe::load(const std::vector<config::ConfigSource>& sources) {
  loaded = config::load_config(type, sources, catalog);
  // An extension brings components, and with them the structs of what is to be read.
  if (load_extensions()) loaded = config::load_config(type, sources, catalog);
}

void WiredRecipe::take(const void* config) {
  loaded = config::check_config(type, config, catalog);
  if (load_extensions()) loaded = config::check_config(type, config, catalog);
}

bool WiredRecipe::load_extensions() {
  const auto common = common_of(type, loaded.object);
  if (!common || common->extensions.empty()) return false;
  for (const auto& path : common->extensions) load_extension(path, container);
  return true;
}

void WiredRecipe::seal(const std::filesystem::path& output_dir) {
  config::bind_config(container, type, loaded.object);
  if (!common_of(type, loaded.object)) {
    container.instance<const CommonConfig>(std::make_shared<const CommonConfig>());
  }
  container.instance<const OutputFolder>(
      std::make_shared<const OutputFolder>(OutputFolder{std::filesystem::absolute(output_dir)}));
  container.seal();
}

}  // namespace roux
