#include "roux/config/load.h"

#include "roux/config/layers.h"
#include "roux/config/type.h"

namespace roux::config {
namespace {

const Limits kNoLimits;

LoadedConfig read(ConfigType type, Layers layers, Problems problems, const Catalog& catalog) {
  const auto tree = std::make_shared<const Value>(std::move(layers).finish(problems));
  LoadedConfig loaded{type->make(), problems};
  type->read(*tree, loaded.object.get(), {problems, "", kNoLimits, catalog, &*type});
  return loaded;
}

}  // namespace

LoadedConfig load_config(ConfigType type, const std::vector<ConfigSource>& sources,
                         const Catalog& catalog) {
  const auto defaults = type->make();
  Layers layers(*type, defaults.get(), catalog);
  Problems problems;
  for (const auto& source : sources) {
    if (source.override.empty()) {
      problems.add_source(source.table.place());
      layers.add(source.table);
    } else {
      layers.add_override(source.override, source.option, problems);
    }
  }
  return read(type, std::move(layers), problems, catalog);
}

LoadedConfig check_config(ConfigType type, const void* object, const Catalog& catalog) {
  return read(type, Layers(*type, object, catalog), Problems(), catalog);
}

}  // namespace roux::config
