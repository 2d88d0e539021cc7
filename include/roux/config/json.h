#pragma once

#include <string>

#include "roux/config/value.h"

namespace roux::config {

// A value as indented JSON, keys in their order, `inf` and `nan` as strings.
std::string to_json(const Value& value);

}  // namespace roux::config
