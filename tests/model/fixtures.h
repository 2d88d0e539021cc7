#pragma once

#include <filesystem>

namespace roux {

// A file that another library wrote: tests/model/fixtures.
std::filesystem::path fixture(const char* name);

}  // namespace roux
