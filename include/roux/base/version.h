#pragma once

#include <string_view>

namespace roux {

// Roux's version, such as "0.1.0". The number stands in the root CMakeLists.txt alone.
std::string_view version();

}  // namespace roux
