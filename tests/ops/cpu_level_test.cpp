#include "roux/ops/cpu_level.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace roux::ops {
namespace {

TEST(CpuLevel, IsTheSameForTheWholeRun) {
  const CpuLevel first = cpu_level();

  ASSERT_EQ(setenv("ROUX_CPU_LEVEL", "reference", 1), 0);
  EXPECT_EQ(cpu_level(), first);
  ASSERT_EQ(unsetenv("ROUX_CPU_LEVEL"), 0);
}

TEST(CpuLevel, HasTheNamesThatTheVariableTakes) {
  EXPECT_EQ(to_string(CpuLevel::Reference), "reference");
  EXPECT_EQ(to_string(CpuLevel::Avx512Bf16), "avx512_bf16");
}

}  // namespace
}  // namespace roux::ops
