#include "trainer/resume_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr const char* kSaved = R"([model]
family = "llama" # its kind
[model.config_overrides]
model_dim = 64

[optimizer]
name = "adamw"
[optimizer.config]
lr = 0.001
betas = [0.9, 0.95]
[[optimizer.config.groups]]
params = ["a"]

[regime]
num_steps = 10

[common]
seed = 2
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text = kSaved;
  return text.replace(text.find(from), from.size(), to);
}

TEST(ResumeCheck, LetsARunGoOnAsItWas) {
  check_resume(kSaved, kSaved);
}

TEST(ResumeCheck, LetsTheRegimeAndTheRateChange) {
  check_resume(kSaved, with("num_steps = 10", "num_steps = 20"));
  check_resume(kSaved, with("lr = 0.001", "lr = 0.01"));
}

TEST(ResumeCheck, NamesAllThatMakesItAnotherRun) {
  std::string now = with("model_dim = 64", "model_dim = 128");
  now.replace(now.find("seed = 2"), 8, "seed = 3");
  EXPECT_THAT([&] { check_resume(kSaved, now); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("model.config_overrides.model_dim: it was 64, and is 128"),
                        HasSubstr("common.seed: it was 2, and is 3"), Not(HasSubstr("lr")))));
  EXPECT_THAT([&] { check_resume(kSaved, with("betas = [0.9, 0.95]\n", "")); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("optimizer.config.betas: it was [0.9, 0.95], and is unset")));
  EXPECT_THAT([&] { check_resume(kSaved, with("params = [\"a\"]", "params = [\"b\"]")); },
              ThrowsMessage<ConfigError>(HasSubstr("optimizer.config.groups[0].params")));
}

}  // namespace
}  // namespace roux
