#include "roux/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "config/example_config.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/config/dump.h"

namespace roux::config {
namespace {

using example::AdamW;
using example::Components;
using example::Config;
using example::Optimizer;
using example::Sgd;
using example::Split;
using example::to_strings;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(CheckConfig, TakesAConfigMadeInCode) {
  Config config;
  config.title = "${dir} stays as it is";
  config.regime.num_steps = 5000;
  config.optimizer = Choice<Optimizer>("sgd", Sgd{.momentum = 0.5});

  const auto checked = check_config(config_type<Config>(), &config, Components());

  const auto& copy = *static_cast<const Config*>(checked.object.get());
  EXPECT_THAT(to_strings(checked.problems.all()), IsEmpty());
  EXPECT_EQ(copy.title, "${dir} stays as it is");
  EXPECT_EQ(copy.regime.num_steps, 5000);
  EXPECT_EQ(copy.optimizer.config_as<Sgd>()->momentum, 0.5);
}

TEST(CheckConfig, GivesEveryComponentItsSettings) {
  Config config;
  config.optimizer = Choice<Optimizer>("adamw");
  config.more = {Choice<Optimizer>("sgd")};

  const auto checked = check_config(config_type<Config>(), &config, Components());

  const auto& copy = *static_cast<const Config*>(checked.object.get());
  EXPECT_EQ(copy.optimizer.config_as<AdamW>()->lr, 1e-3);
  EXPECT_EQ(copy.more[0].config_as<Sgd>()->lr, 0.1);
}

TEST(CheckConfig, FindsWhatIsWrong) {
  Config config;
  config.regime.save_every = 0;
  config.data.split = Split{.share = 2};
  config.optimizer = Choice<Optimizer>("adam");

  const auto checked = check_config(config_type<Config>(), &config, Components());

  EXPECT_THAT(
      to_strings(checked.problems.all()),
      ElementsAre("regime.save_every: must be at least 1, but is 0",
                  "data.split.share: must be more than 0 and less than 1, but is 2.0",
                  "optimizer.name: must be one of adamw, sgd, but is \"adam\" (did you mean "
                  "\"adamw\"?)"));
}

TEST(LoadAs, ReadsOneFileAndThrowsWhatIsWrong) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "split.toml";
  std::ofstream(path) << dump_as(Split{.share = 0.25});

  EXPECT_EQ(load_as<Split>(path).share, 0.25);

  std::ofstream(path) << "share = 7\n";
  EXPECT_THAT([&] { load_as<Split>(path); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("split.toml is damaged:\n"),
                        HasSubstr(":1:9: share: must be more than 0 and less than 1, but is 7"))));
}

TEST(LoadAs, TakesNoFileForWholeThatLacksAField) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "split.toml";
  std::ofstream(path) << "share = 0.5\n";

  EXPECT_THAT([&] { load_as<Split>(path); },
              ThrowsMessage<DataError>(HasSubstr("shuffle: is missing")));
}

}  // namespace
}  // namespace roux::config
