#include "generation/expected.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/files.h"

namespace roux {

nlohmann::json read_expected() {
  return nlohmann::json::parse(
      read_file(std::filesystem::path(ROUX_GENERATION_FIXTURES) / "expected.json"));
}

}  // namespace roux
