#include "base/plugin.h"

#include <dlfcn.h>

#include "roux/base/program.h"

namespace roux {

// By this program's run path; or in the build folder's lib/, since a sanitizer calls dlopen in our
// place and the loader then takes its run path and not ours.
void* open_plugin(const char* name) {
  for (const char* folder : {"../lib", "../../lib"}) {
    const auto path = executable_path().parent_path() / folder / name;
    if (!std::filesystem::exists(path)) continue;
    if (void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

}  // namespace roux
