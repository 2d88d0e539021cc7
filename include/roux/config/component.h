#pragma once

#include "roux/config/fields.h"
#include "roux/di/component_config.h"

namespace roux::di {

// Any struct with a describe() may configure a component.
template <roux::config::Described C>
struct ComponentConfig<C> {
  static const void* schema() { return &roux::config::struct_type<C>(); }
};

}  // namespace roux::di
