#pragma once

#include "roux/config/list_types.h"

namespace roux::config {

// What an optional holds, or the type itself: where unset is no matter.
inline const Type* without_optional(const Type* type) {
  const auto* optional = dynamic_cast<const OptionalType*>(type);
  return optional ? &optional->inner() : type;
}

}  // namespace roux::config
