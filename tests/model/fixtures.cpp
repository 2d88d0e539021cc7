#include "model/fixtures.h"

namespace roux {

std::filesystem::path fixture(const char* name) {
  return std::filesystem::path(ROUX_MODEL_FIXTURES) / name;
}

}  // namespace roux
