#include "roux/recipe/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "recipe/counting_recipe.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

static_assert(TrainRecipeLike<CountingRecipe>);
static_assert(!EvalRecipeLike<CountingRecipe>);
static_assert(!TrainRecipeLike<CountingConfig>);

TEST(Run, CallsTheTrainerFromSetupToCleanup) {
  const TemporaryFolder folder;

  roux::run(CountingRecipe(), CountingConfig(), folder.path());

  EXPECT_THAT(CountingTrainer::diary,
              ElementsAre("setup", "load_checkpoint", "train", "save_checkpoint", "cleanup"));
}

TEST(Run, ReturnsWhatItMadeStillAlive) {
  const TemporaryFolder folder;
  const CountingConfig config{.adder = {"many", ManyConfig{.amount = 7}}};

  const auto run = roux::run(CountingRecipe(), config, folder.path());

  EXPECT_EQ(dynamic_cast<CountingTrainer&>(run.trainer()).count, 7);
  EXPECT_EQ(run.get<Adder>().amount(), 7);
  EXPECT_EQ(run.get<const CountingConfig>().adder.name, "many");
  EXPECT_EQ(run.get<const OutputFolder>().path, folder.path());
}

TEST(Run, GivesAComponentThatWasOnlyNamedItsDefaults) {
  const TemporaryFolder folder;
  const CountingConfig config{.adder = Choice<Adder>("many")};

  const auto run = roux::run(CountingRecipe(), config, folder.path());

  EXPECT_EQ(run.get<Adder>().amount(), 10);
}

TEST(Run, CleansUpAfterAnErrorAndDoesNotSave) {
  const TemporaryFolder folder;
  const CountingConfig config{.fail = true};

  EXPECT_THAT([&] { roux::run(CountingRecipe(), config, folder.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("on fire")));
  EXPECT_THAT(CountingTrainer::diary, ElementsAre("setup", "load_checkpoint", "train", "cleanup"));
}

TEST(Run, ChecksAConfigThatWasMadeInCodeAsIfItHadBeenRead) {
  const TemporaryFolder folder;
  const CountingConfig config{.adder = {"many", ManyConfig{.amount = 1}}, .fail = true};

  EXPECT_THAT([&] { roux::run(CountingRecipe(), config, folder.path()); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("adder.config.amount: must be at least 2, but is 1"),
                        HasSubstr("fail: must not be set for many"))));
}

TEST(Run, NamesTheComponentThatDoesNotExist) {
  const TemporaryFolder folder;
  const CountingConfig config{.adder = Choice<Adder>("mny")};

  EXPECT_THAT([&] { roux::run(CountingRecipe(), config, folder.path()); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"many\"")));
}

TEST(Run, RefusesTheConfigOfAnotherRecipe) {
  const TemporaryFolder folder;

  EXPECT_THAT([&] { roux::run(CountingRecipe(), ManyConfig(), folder.path()); },
              ThrowsMessage<InternalError>(
                  HasSubstr("the recipe's config is CountingConfig, not ManyConfig")));
}

TEST(Run, LeavesItsConfigInTheFolder) {
  const TemporaryFolder folder;

  roux::run(CountingRecipe(), CountingConfig(), folder.path());

  EXPECT_THAT(read_file(folder.path() / "config.toml"), HasSubstr("name = \"one\"\n"));
}

TEST(Run, RefusesAFolderThatAnotherRunHolds) {
  const TemporaryFolder folder;
  const auto other = FileLock::try_lock(folder.path() / ".lock");

  EXPECT_THAT([&] { roux::run(CountingRecipe(), CountingConfig(), folder.path()); },
              ThrowsMessage<Error>(HasSubstr("two runs can't share an output folder")));
}

// Asks in create_trainer for what nobody provides.
struct AskingRecipe : CountingRecipe {
  std::unique_ptr<CountingTrainer> create_trainer(RecipeContext& context) const {
    context.get<FixedAdder>();
    return nullptr;
  }
};

TEST(Run, SaysThatItWasTheRecipeWhoAskedInVain) {
  const TemporaryFolder folder;

  EXPECT_THAT([&] { roux::run(AskingRecipe(), CountingConfig(), folder.path()); },
              ThrowsMessage<Error>(AllOf(HasSubstr("while it made its trainer"),
                                         HasSubstr("FixedAdder is missing"))));
}

// An evaluation and a generation recipe, as small as they get.
class CountingEvaluator final : public Evaluator {
 public:
  void setup() override { diary.emplace_back("setup"); }
  void evaluate() override { diary.emplace_back("evaluate"); }
  void cleanup() override { diary.emplace_back("cleanup"); }

  static inline std::vector<std::string> diary;
};

class CountingGenerator final : public Generator {
 public:
  void setup() override { diary.emplace_back("setup"); }
  void generate() override { diary.emplace_back("generate"); }
  void cleanup() override { diary.emplace_back("cleanup"); }

  static inline std::vector<std::string> diary;
};

struct EmptyConfig {
  static void describe(config::Fields<EmptyConfig>&) {}
};

class CountingEvalRecipe final : public EvalRecipe {
 public:
  ConfigType config_kls() const override { return config_type<EmptyConfig>(); }
  std::unique_ptr<Evaluator> create_evaluator(RecipeContext&) const override {
    return std::make_unique<CountingEvaluator>();
  }
};

class CountingGenerateRecipe final : public GenerateRecipe {
 public:
  ConfigType config_kls() const override { return config_type<EmptyConfig>(); }
  std::unique_ptr<Generator> create_generator(RecipeContext&) const override {
    return std::make_unique<CountingGenerator>();
  }
};

TEST(Run, RunsARecipeThatEvaluates) {
  const TemporaryFolder folder;

  roux::run(CountingEvalRecipe(), EmptyConfig(), folder.path());

  EXPECT_THAT(CountingEvaluator::diary, ElementsAre("setup", "evaluate", "cleanup"));
}

TEST(Run, RunsARecipeThatGenerates) {
  const TemporaryFolder folder;

  roux::run(CountingGenerateRecipe(), EmptyConfig(), folder.path());

  EXPECT_THAT(CountingGenerator::diary, ElementsAre("setup", "generate", "cleanup"));
}

TEST(Run, HasDefaultsForARecipeWithoutACommonSection) {
  const TemporaryFolder folder;

  const auto run = roux::run(CountingEvalRecipe(), EmptyConfig(), folder.path());

  EXPECT_EQ(run.get<const CommonConfig>().seed, CommonConfig().seed);
}

}  // namespace
}  // namespace roux
