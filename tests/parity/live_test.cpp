#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "support/process.h"

namespace roux {
namespace {

// Of every family, with another seed each time; what it prints tells how to repeat it.
TEST(SlowParity, HoldsForFreshlyDrawnModelsAndTokenizers) {
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();

  const Finished run = run_process(
      {std::string(ROUX_TOOLS) + "/parity", "--live", "--cases", "10", "--bin", programs.string()},
      {.timeout = std::chrono::minutes(25)});

  std::cout << run.out;
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace
}  // namespace roux
