#include "roux/base/version.h"

namespace roux {

std::string_view version() {
  return ROUX_VERSION;
}

}  // namespace roux
