#pragma once

#include <nlohmann/json_fwd.hpp>

namespace roux {

// What transformers does: fixtures/make_expected.
nlohmann::json read_expected();

}  // namespace roux
