#pragma once

#include <string_view>

namespace roux {

// Compares the config that a run was saved under with the one it is to go on with, both as TOML.
// Throws ConfigError, with every key and both values, where what differs would make it another run:
// the model, the data, the optimizer, the seed. Warns of a changed schedule.
void check_resume(std::string_view saved, std::string_view now);

}  // namespace roux
