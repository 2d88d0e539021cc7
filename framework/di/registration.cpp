#include "roux/di/registration.h"

#include <utility>

#include "roux/base/error.h"
#include "roux/di/detail/provider.h"
#include "roux/di/wiring_error.h"

namespace roux::di {

Registration::Registration(detail::Provider& provider, Key key, Where where)
    : provider_(&provider), key_(std::move(key)), where_(where) {}

Registration& Registration::transient() {
  if (!provider_->owned) {
    throw WiringError({cat(key_, " can't be transient: its provider returns a reference, so there ",
                           "is nothing to make anew (", where_, ").")});
  }
  provider_->transient = true;
  return *this;
}

}  // namespace roux::di
