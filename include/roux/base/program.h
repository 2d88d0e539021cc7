#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace roux {

// The file that this process runs, with no symbolic link in its path. Throws Error if it is gone.
std::filesystem::path executable_path();

// The command line of this process, the program's name first.
std::vector<std::string> command_line();

}  // namespace roux
