#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/files.h"

namespace roux {

// What transformers does: fixtures/make_expected.
inline nlohmann::json read_expected() {
  return nlohmann::json::parse(
      read_file(std::filesystem::path(ROUX_GENERATION_FIXTURES) / "expected.json"));
}

}  // namespace roux
