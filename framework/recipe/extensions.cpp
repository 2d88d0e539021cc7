#include "recipe/extensions.h"

#include <dlfcn.h>

#include <string>
#include <string_view>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/version.h"
#include "roux/di/container.h"

namespace roux {

void load_extension(const std::filesystem::path& path, di::Container& container) {
  // A bare name is looked for where the system looks; a path is one, also without a slash.
  const auto file = std::filesystem::exists(path) ? std::filesystem::absolute(path) : path;
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw ConfigError(cat("can't be loaded: ", dlerror()));

  const auto symbol = [&](const char* name) {
    void* found = dlsym(library, name);
    if (!found) {
      throw ConfigError(
          cat(path.string(), " has no ", name, "(): is it made with ROUX_EXTENSION?"));
    }
    return found;
  };
  const auto* made_for = reinterpret_cast<const char* (*)()>(symbol("roux_extension_version"))();
  if (made_for != version()) {
    throw ConfigError(
        cat(path.string(), " was made for Roux ", made_for, ", but this is ", version()));
  }
  reinterpret_cast<void (*)(di::Container&)>(symbol("roux_register"))(container);
  log_debug("loaded the extension ", file.string());
}

}  // namespace roux
