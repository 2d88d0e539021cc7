#pragma once

#include <memory>

#include "roux/config/struct_type.h"

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux::config {

// The components that a container knows. A view: what is registered later is there too.
// Lifetime: the container's.
class ContainerCatalog final : public Catalog {
 public:
  explicit ContainerCatalog(const di::Container& container) : container_(container) {}

  std::vector<std::string> names(di::TypeId kind) const override;
  const StructType* config_of(di::TypeId kind, std::string_view name) const override;

 private:
  const di::Container& container_;
};

// Gives a container what a config says, before it is sealed: the config itself and each section
// that is a struct, as `const` instances by their types; and for each `{name, config}` section that
// the container knows, the component that it chose.
//
// Sections that share a type are not found by it alone, but by Keyed<const T, "section">. Throws
// InternalError where a section chooses another kind than the container thinks.
void bind_config(di::Container& container, ConfigType type, std::shared_ptr<const void> config);

// The section of a config that is, or derives from, the struct `wanted`; nullptr if there is none
// or several.
const void* find_section(ConfigType type, const void* config, di::TypeId wanted);

}  // namespace roux::config
