#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "recipe/counting_recipe.h"
#include "roux/base/program.h"
#include "roux/base/temporary_folder.h"
#include "roux/recipe/run.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// The libraries are built beside the test program's own folder.
std::filesystem::path extension(const std::string& name) {
  return executable_path().parent_path() / ".." / "lib" / ("libextension_" + name + ".so");
}

FinishedRun run_with(const std::string& name, CountingConfig config = {}) {
  const TemporaryFolder folder;
  config.common.extensions = {extension(name)};
  return roux::run(CountingRecipe(), config, folder.path());
}

TEST(Extensions, BringComponentsThatTheConfigCanName) {
  const auto run = run_with("adder", {.adder = Choice<Adder>("hundred")});

  EXPECT_EQ(run.get<Adder>().amount(), 100);
}

TEST(Extensions, ThatWereMadeForAnotherVersionAreRefused) {
  EXPECT_THAT([] { run_with("outdated"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("outdated"), HasSubstr("0.0.1"))));
}

TEST(Extensions, AreToldFromOtherLibraries) {
  EXPECT_THAT([] { run_with("stranger"); },
              ThrowsMessage<ConfigError>(HasSubstr("is it made with ROUX_EXTENSION?")));
}

TEST(Extensions, ThatAreMissingAreNamed) {
  EXPECT_THAT([] { run_with("nowhere"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("common.extensions"), HasSubstr("libextension_nowhere.so"))));
}

TEST(Extensions, AreProblemsOfTheConfigLikeOthers) {
  CountingConfig config{.adder = {"many", ManyConfig{.amount = 1}}};
  config.common.extensions = {extension("stranger"), extension("nowhere")};

  EXPECT_THAT(
      [&] { roux::run(CountingRecipe(), config, TemporaryFolder().path()); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("adder.config.amount: must be at least 2"),
                                       HasSubstr("common.extensions[0]: "),
                                       HasSubstr("common.extensions[1]: can't be loaded"))));
}

}  // namespace
}  // namespace roux
