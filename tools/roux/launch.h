#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace roux::driver {

// Becomes the program: its exit code and the signals it gets are then its own. Throws Error if it
// can't be run.
[[noreturn]] void become(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments);

struct Captured {
  int exit_code = 0;  // 128 + N if signal N ended it
  std::string out;
};

// Runs the program to its end and keeps what it prints on stdout; stderr is shared. Throws Error if
// it can't be run.
Captured capture(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace roux::driver
