// Components, and the sections of the config that choose among them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::All;
using di::ComponentInfo;
using di::Container;
using di::Keyed;
using di::SectionInfo;
using di::TypeId;
using di::WiringError;
using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

struct AdamWConfig {
  double lr = 1e-3;
};
struct LionConfig {};

const int kAdamWSchema = 0;

}  // namespace

template <>
struct di::ComponentConfig<AdamWConfig> {
  static const void* schema() { return &kAdamWSchema; }
};
template <>
struct di::ComponentConfig<LionConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

struct Clock {
  int time = 42;
};
struct Optimizer {
  std::string text;
};

Container with_two_optimizers() {
  Container container;
  container.provide<Clock>([] { return Clock(); });
  container.component<Optimizer>(
      "adamw",
      [](const AdamWConfig& config, const Clock& clock) {
        return Optimizer{cat("adamw lr=", config.lr, " at ", clock.time)};
      },
      {"adamw.cpp", 8});
  container.component<Optimizer>("lion", [](const LionConfig&) { return Optimizer{"lion"}; },
                                 {"lion.cpp", 9});
  return container;
}

std::shared_ptr<const void> adamw(double lr) {
  return std::make_shared<AdamWConfig>(AdamWConfig{lr});
}

std::vector<std::string> texts(const All<Optimizer>& optimizers) {
  std::vector<std::string> result;
  for (const Optimizer& each : optimizers) result.push_back(each.text);
  return result;
}

TEST(Section, GivesTheChosenComponentItsOwnConfigAndItsDependencies) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");

  container.choose("optimizer", "adamw", adamw(0.5));
  container.seal();

  EXPECT_EQ(container.get<Optimizer>().text, "adamw lr=0.5 at 42");
}

TEST(Section, ChoosesForANameOfItsOwn) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.section<Keyed<Optimizer, "critic">>("critic_optimizer");

  container.choose("critic_optimizer", "adamw", adamw(0.25));
  container.choose("optimizer", "adamw", adamw(0.5));
  container.seal();

  EXPECT_EQ(container.get<Optimizer>().text, "adamw lr=0.5 at 42");
  EXPECT_EQ((container.get<Keyed<Optimizer, "critic">>().text), "adamw lr=0.25 at 42");
}

TEST(Section, OfAListAddsToTheCollectionInItsOrder) {
  Container container = with_two_optimizers();
  container.section<All<Optimizer>>("optimizers");
  container.collect<Optimizer>([] { return Optimizer{"built in"}; });

  container.choose("optimizers", "lion", std::make_shared<LionConfig>());
  container.choose("optimizers", "adamw", adamw(2));
  container.choose("optimizers", "adamw", adamw(3));
  container.seal();

  EXPECT_THAT(texts(container.all<Optimizer>()),
              ElementsAre("built in", "lion", "adamw lr=2 at 42", "adamw lr=3 at 42"));
}

TEST(Section, ThatChoosesNothingLeavesNothing) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.decorate<Optimizer>([](Optimizer& inner) { return inner; });
  container.seal();

  EXPECT_EQ(container.find<Optimizer>(), nullptr);
}

TEST(Section, MayChooseATransient) {
  Container container;
  int made = 0;
  container
      .component<Optimizer>("adamw",
                            [&](const AdamWConfig&) { return Optimizer{cat("number ", ++made)}; })
      .transient();
  container.section<Optimizer>("optimizer");
  container.choose("optimizer", "adamw", adamw(1));
  container.seal();

  EXPECT_EQ(container.make<Optimizer>()->text, "number 1");
  EXPECT_EQ(container.make<Optimizer>()->text, "number 2");
}

TEST(Section, GivesWayToAReplacement) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.replace<Optimizer>([] { return Optimizer{"fake"}; });

  container.choose("optimizer", "adamw", adamw(1));
  container.seal();

  EXPECT_EQ(container.get<Optimizer>().text, "fake");
}

TEST(Section, GivesWayToAReplacementThatComesLater) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.choose("optimizer", "adamw", adamw(1));
  container.replace<Optimizer>([] { return Optimizer{"fake"}; });
  container.seal();

  EXPECT_EQ(container.get<Optimizer>().text, "fake");
}

TEST(Section, MayBeDecoratedBeforeItHasChosen) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.decorate<Optimizer>([](Optimizer& inner) { return Optimizer{inner.text + "+clip"}; });
  container.decorate<Optimizer>([](Optimizer& inner) { return Optimizer{inner.text + "+log"}; });

  container.choose("optimizer", "lion", std::make_shared<LionConfig>());
  container.seal();

  EXPECT_EQ(container.get<Optimizer>().text, "lion+clip+log");
}

// ---- What the reader of the config is told ----

TEST(Section, IsListed) {
  Container container;
  container.section<Optimizer>("optimizer", {"optim.cpp", 4});
  container.section<All<Keyed<Optimizer, "extra">>>("optimizers");

  const std::vector<SectionInfo> sections = container.sections();

  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].path, "optimizer");
  EXPECT_EQ(sections[0].key, di::key_of<Optimizer>());
  EXPECT_FALSE(sections[0].many);
  EXPECT_EQ(sections[0].where.line, 4);
  EXPECT_EQ(sections[1].key, (di::key_of<Keyed<Optimizer, "extra">>()));
  EXPECT_TRUE(sections[1].many);
}

TEST(Component, IsListedWithTheTypeAndTheSchemaOfItsConfig) {
  Container container = with_two_optimizers();
  container.component<Clock>("system", [](const LionConfig&) { return Clock(); });

  const std::vector<ComponentInfo> optimizers = container.components(TypeId::of<Optimizer>());

  ASSERT_EQ(optimizers.size(), 2U);
  EXPECT_EQ(optimizers[0].name, "adamw");
  EXPECT_EQ(optimizers[0].kind, TypeId::of<Optimizer>());
  EXPECT_EQ(optimizers[0].config, TypeId::of<AdamWConfig>());
  EXPECT_EQ(optimizers[0].schema, &kAdamWSchema);
  EXPECT_EQ(optimizers[0].where.line, 8);
  EXPECT_EQ(optimizers[1].name, "lion");
  EXPECT_EQ(container.components().size(), 3U);
}

// ---- What is refused ----

TEST(Section, KnowsNoOtherComponentsThanThoseRegistered) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");

  EXPECT_THAT(
      [&] { container.choose("optimizer", "adamv", adamw(1)); },
      ThrowsMessage<ConfigError>("Section \"optimizer\" names \"adamv\", which is no "
                                 "Optimizer (did you mean \"adamw\"?). Known: adamw, lion."));
}

TEST(Section, SaysWhenThereIsNothingToChooseFrom) {
  Container container;
  container.section<Optimizer>("optimizer");

  EXPECT_THAT([&] { container.choose("optimizer", "adamw", adamw(1)); },
              ThrowsMessage<ConfigError>("Section \"optimizer\" names \"adamw\", which is no "
                                         "Optimizer. None is registered."));
}

TEST(Section, MustBeDeclaredBeforeItChooses) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");

  EXPECT_THAT([&] { container.choose("optimiser", "adamw", adamw(1)); },
              ThrowsMessage<InternalError>("No section \"optimiser\" was declared to the container "
                                           "(did you mean \"optimizer\"?)."));
}

TEST(Section, ChoosesOnlyOnce) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");
  container.choose("optimizer", "adamw", adamw(1));

  EXPECT_THAT([&] { container.choose("optimizer", "lion", std::make_shared<LionConfig>()); },
              ThrowsMessage<InternalError>(
                  "The section \"optimizer\" has chosen \"adamw\" already, and now \"lion\"."));
}

TEST(Section, NeedsAConfig) {
  Container container = with_two_optimizers();
  container.section<Optimizer>("optimizer");

  EXPECT_THROW(container.choose("optimizer", "adamw", nullptr), InternalError);
}

TEST(Section, IsRefusedWhereSomethingIsProvidedAlready) {
  Container container;
  container.section<Optimizer>("optimizer", {"optim.cpp", 4});

  EXPECT_THAT(
      [&] {
        container.provide<Optimizer>([] { return Optimizer(); }, {"recipe.cpp", 9});
      },
      ThrowsMessage<WiringError>(
          "1 problem in the wiring:\n  Optimizer is provided twice: at optim.cpp:4 (section "
          "\"optimizer\") and at recipe.cpp:9. To change what there is, say replace<Optimizer> or "
          "decorate<Optimizer>."));
}

TEST(Section, IsDeclaredOnlyOnce) {
  Container container;
  container.section<Optimizer>("optimizer", {"optim.cpp", 4});

  EXPECT_THAT(
      [&] {
        container.section<Clock>("optimizer", {"recipe.cpp", 9});
      },
      ThrowsMessage<WiringError>(
          "1 problem in the wiring:\n  The section \"optimizer\" is declared twice: at "
          "optim.cpp:4 and at recipe.cpp:9."));
}

TEST(Component, IsRegisteredOnlyOnceUnderItsName) {
  Container container = with_two_optimizers();

  EXPECT_THAT(
      [&] {
        container.component<Optimizer>("adamw", [](const LionConfig&) { return Optimizer(); },
                                       {"mine.cpp", 2});
      },
      ThrowsMessage<WiringError>(
          "1 problem in the wiring:\n  The Optimizer component \"adamw\" is registered twice: at "
          "adamw.cpp:8 and at mine.cpp:2."));
}

}  // namespace
}  // namespace roux
