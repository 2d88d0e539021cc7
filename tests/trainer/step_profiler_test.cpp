#include "trainer/step_profiler.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::set<std::string> files_after(const TorchProfilerConfig& config, int steps,
                                  const std::filesystem::path& folder) {
  StepProfiler profiler(config, folder);
  const at::Tensor a = at::ones({32, 32});
  for (int i = 0; i < steps; ++i) {
    profiler.step_begins();
    at::mm(a, a);
    profiler.step_ends();
  }
  profiler.finish();
  std::set<std::string> names;
  if (!std::filesystem::exists(folder)) return names;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    names.insert(file.path().filename().string());
  }
  return names;
}

TEST(StepProfiler, WritesATraceAndATableOfTheChosenSteps) {
  const TemporaryFolder scratch;
  const auto folder = scratch.path() / "profile";
  EXPECT_THAT(files_after({.enabled = true,
                           .skip_n_steps = 2,
                           .wait_n_steps = 1,
                           .num_warmup_steps = 1,
                           .num_active_steps = 2,
                           .repeat = 1},
                          12, folder),
              ElementsAre("steps_5-6.json", "steps_5-6.txt"));
  EXPECT_THAT(read_file(folder / "steps_5-6.txt"), HasSubstr("aten::mm"));

  const auto trace = nlohmann::json::parse(read_file(folder / "steps_5-6.json"));
  int products = 0;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.value("name", "") == "aten::mm") ++products;
  }
  EXPECT_EQ(products, 2) << "one for each step";
}

TEST(StepProfiler, ComesAgainAndEndsWithTheRun) {
  const TemporaryFolder scratch;
  EXPECT_THAT(files_after({.enabled = true,
                           .skip_n_steps = 0,
                           .wait_n_steps = 0,
                           .num_warmup_steps = 0,
                           .num_active_steps = 2,
                           .repeat = 0},
                          5, scratch.path() / "profile"),
              ElementsAre("steps_1-2.json", "steps_1-2.txt", "steps_3-4.json", "steps_3-4.txt",
                          "steps_5-5.json", "steps_5-5.txt"));
}

}  // namespace
}  // namespace roux
