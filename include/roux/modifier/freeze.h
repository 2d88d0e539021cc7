#pragma once

#include <memory>
#include <string>
#include <vector>

#include "roux/config/fields.h"
#include "roux/modifier/modifier.h"

namespace roux {

// [[modifiers]] with name = "freeze": parameters that stay as they are.
struct FreezeConfig {
  std::vector<std::string> params;

  static void describe(config::Fields<FreezeConfig>& field);
};

std::unique_ptr<Modifier> make_freeze(const FreezeConfig& config);

}  // namespace roux
