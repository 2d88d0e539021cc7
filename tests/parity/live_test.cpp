#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "support/process.h"

namespace roux {
namespace {

// Fresh models of every family, another seed each time; what it prints tells how to repeat it.
TEST(SlowParity, HoldsForFreshlyDrawnModels) {
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();

  const Finished run = run_process({std::string(ROUX_TOOLS) + "/parity", "--live", "--cases", "10",
                                    "--check", (programs / "parity-check").string()},
                                   {.timeout = std::chrono::minutes(25)});

  std::cout << run.out;
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace
}  // namespace roux
