#pragma once

#include <filesystem>

namespace roux {

// A file that another library wrote: tests/model/fixtures.
inline std::filesystem::path fixture(const char* name) {
  return std::filesystem::path(ROUX_MODEL_FIXTURES) / name;
}

}  // namespace roux
