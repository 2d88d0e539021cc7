#pragma once

#include "roux/base/version.h"

namespace roux::di {
class Container;
}  // namespace roux::di

// Makes a shared library an extension, which `common.extensions` loads: once in one source, with
// the function that registers its components.
//
//   void register_mine(roux::di::Container& container) { … }
//   ROUX_EXTENSION(register_mine)
#define ROUX_EXTENSION(function)                                  \
  extern "C" const char* roux_extension_version() {               \
    return ROUX_VERSION;                                          \
  }                                                               \
  extern "C" void roux_register(roux::di::Container& container) { \
    function(container);                                          \
  }
