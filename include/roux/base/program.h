#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace roux {

// The file that this process runs, with no symbolic link in its path. Throws Error if it is gone.
std::filesystem::path executable_path();

// The command line of this process, the program's name first.
std::vector<std::string> command_line();

// The most memory that this process has had at once, in bytes.
std::uint64_t peak_memory();

}  // namespace roux
