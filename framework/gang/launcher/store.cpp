#include "gang/launcher/store.h"

#include <dlfcn.h>

#include <exception>
#include <string_view>

#include "base/plugin.h"
#include "roux/base/error.h"

namespace roux::launcher {

std::unique_ptr<Store> open_store(const StoreAddress& address) {
  constexpr const char* kName = "libroux_store.so";
  void* const library = open_plugin(kName);
  if (library == nullptr) throw Error(cat("cannot load ", kName, ": ", dlerror()));
  void* const opener = dlsym(library, kStoreOpener);
  if (opener == nullptr) throw Error(cat(kName, " is of another Roux: it has no ", kStoreOpener));
  try {
    return std::unique_ptr<Store>(reinterpret_cast<StoreOpener>(opener)(address));
  } catch (const std::exception& error) {
    std::string_view what = error.what();
    what = what.substr(0, what.find("\nException raised from "));  // a stack trace of LibTorch's
    throw Error(cat(address.listener >= 0 ? "cannot host a store at " : "cannot join the store at ",
                    address.host, ":", address.port, ": ", what));
  }
}

}  // namespace roux::launcher
