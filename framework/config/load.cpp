#include "roux/config/load.h"

#include "roux/base/error.h"
#include "roux/config/layers.h"
#include "roux/config/type.h"

namespace roux::config {
namespace {

const Limits kNoLimits;

LoadedConfig read(ConfigType type, Layers layers, Problems problems, const Catalog& catalog) {
  const auto tree = std::make_shared<const Value>(std::move(layers).finish(problems));
  LoadedConfig loaded{type->make(), problems.section("", tree.get()), tree};
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

std::shared_ptr<void> load_whole(ConfigType type, const std::filesystem::path& file) {
  try {
    const Value table = load_toml(file);
    auto loaded = load_config(type, {{.table = table}}, NoCatalog());
    for (const auto& field : type->fields()) {
      if (!table.as<Table>()->find(field.name)) loaded.problems.add(field.name, "is missing");
    }
    loaded.problems.throw_if_any();
    return loaded.object;
  } catch (const ConfigError& error) {
    throw DataError(cat(file.string(), " is damaged:\n", error.what()));
  }
}

LoadedConfig check_config(ConfigType type, const void* object, const Catalog& catalog) {
  return read(type, Layers(*type, object, catalog), Problems(), catalog);
}

}  // namespace roux::config
