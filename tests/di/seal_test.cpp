// What seal() finds wrong, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::All;
using di::Container;
using di::Factory;
using di::Keyed;
using di::Lazy;
using di::Resolver;
using di::WiringError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

struct Clock {};
struct Timer {};
struct Model {};
struct Optimizer {
  virtual ~Optimizer() = default;
};
struct FusedOptimizer final : Optimizer {};
struct AdamWConfig {};
struct Trainer {};
struct Evaluator {};

}  // namespace

template <>
struct di::ComponentConfig<AdamWConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

std::vector<std::string> problems_of(Container& container) {
  try {
    container.seal();
    return {};
  } catch (const WiringError& e) {
    return e.problems();
  }
}

TEST(Seal, AcceptsAWholeGraphWithoutRunningAProvider) {
  Container container;
  container.provide<Clock>([] { return ADD_FAILURE() << "built", Clock(); });
  container.provide<Timer>([](Clock&) { return ADD_FAILURE() << "built", Timer(); });

  EXPECT_THAT(problems_of(container), IsEmpty());
  EXPECT_TRUE(container.sealed());
}

TEST(Seal, TellsEverythingInOneMessage) {
  Container container;
  container.component<Optimizer>("adamw", [](const AdamWConfig&) { return FusedOptimizer(); });
  container.component<Optimizer>("lion", [](const AdamWConfig&) { return FusedOptimizer(); });
  container.section<Optimizer>("optimizer");
  container.provide<FusedOptimizer>([] { return FusedOptimizer(); });
  container.provide<Trainer>([](Optimizer&) { return Trainer(); }, {"src/recipe.cpp", 21});
  container.provide<Clock>([](Timer&) { return Clock(); }, {"clock.cpp", 3});
  container.provide<Timer>([](Clock&) { return Timer(); }, {"timer.cpp", 9});

  EXPECT_THAT(
      [&] { container.seal(); },
      ThrowsMessage<WiringError>(
          "2 problems in the wiring:\n"
          "  Optimizer is missing: Trainer asks for it (recipe.cpp:21). Did you mean "
          "FusedOptimizer? Section \"optimizer\" would choose it among: adamw, lion.\n"
          "  Clock -> Timer -> Clock is a cycle (clock.cpp:3, timer.cpp:9). Timer could ask "
          "for Lazy<Clock>."));
}

TEST(Seal, MayBeTriedAgainAfterItFailed) {
  Container container;
  container.provide<Timer>([](Clock&) { return Timer(); });
  EXPECT_THROW(container.seal(), WiringError);

  container.provide<Clock>([] { return Clock(); });

  EXPECT_THAT(problems_of(container), IsEmpty());
}

// ---- Missing ----

TEST(Seal, NamesAllWhoAskForWhatIsMissingAndHow) {
  Container container;
  container.provide<Trainer>([](const Clock&) { return Trainer(); }, {"recipe.cpp", 1});
  container.provide<Evaluator>([](std::shared_ptr<const Clock>) { return Evaluator(); },
                               {"recipe.cpp", 2});
  container.provide<Timer>([](Lazy<Clock>) { return Timer(); }, {"recipe.cpp", 3});
  container.provide<Model>([](Factory<Clock>) { return Model(); }, {"recipe.cpp", 4});

  EXPECT_THAT(
      problems_of(container),
      ElementsAre("Clock is missing: Trainer asks for it (recipe.cpp:1), Evaluator asks for "
                  "it as std::shared_ptr<const Clock> (recipe.cpp:2), Timer asks for it as "
                  "Lazy<Clock> (recipe.cpp:3), Model asks for it as Factory<Clock> "
                  "(recipe.cpp:4)."));
}

TEST(Seal, MissesNothingThatIsOptionalCollectedOrOpaque) {
  Container container;
  container.provide<Trainer>([](Clock*, All<Timer>, Resolver&) { return Trainer(); });

  EXPECT_THAT(problems_of(container), IsEmpty());
}

TEST(Seal, SuggestsANearName) {
  Container container;
  container.provide<Trainer>([](Keyed<Model, "referense_model">) { return Trainer(); },
                             {"recipe.cpp", 1});
  container.provide<Keyed<Model, "teacher">>([] { return Model(); });
  container.provide<Keyed<Model, "reference_model">>([] { return Model(); });

  EXPECT_THAT(
      problems_of(container),
      ElementsAre("Model \"referense_model\" is missing: Trainer asks for it (recipe.cpp:1). "
                  "Did you mean \"reference_model\"? Known names of Model: "
                  "\"reference_model\", \"teacher\"."));
}

TEST(Seal, SaysThatThereIsOneWithoutAName) {
  Container container;
  container.provide<Trainer>([](Keyed<Model, "teacher">) { return Trainer(); }, {"recipe.cpp", 1});
  container.provide<Model>([] { return Model(); });

  EXPECT_THAT(problems_of(container),
              ElementsAre("Model \"teacher\" is missing: Trainer asks for it (recipe.cpp:1). There "
                          "is one Model without a name."));
}

TEST(Seal, SaysThatThereAreOnlyNamedOnes) {
  Container container;
  container.provide<Trainer>([](Model&) { return Trainer(); }, {"recipe.cpp", 1});
  container.provide<Keyed<Model, "teacher">>([] { return Model(); });

  EXPECT_THAT(problems_of(container),
              ElementsAre("Model is missing: Trainer asks for it (recipe.cpp:1). Known names of "
                          "Model: \"teacher\"."));
}

TEST(Seal, SaysThatItIsACollection) {
  Container container;
  container.provide<Trainer>([](Clock&) { return Trainer(); }, {"recipe.cpp", 1});
  container.collect<Clock>([] { return Clock(); });

  EXPECT_THAT(problems_of(container),
              ElementsAre("Clock is missing: Trainer asks for it (recipe.cpp:1). What is collected "
                          "as Clock is asked for as All<Clock>."));
}

TEST(Seal, SaysThatASectionHasNothingToChooseFrom) {
  Container container;
  container.provide<Trainer>([](Optimizer&) { return Trainer(); }, {"recipe.cpp", 1});
  container.section<Optimizer>("optimizer");

  EXPECT_THAT(problems_of(container),
              ElementsAre("Optimizer is missing: Trainer asks for it (recipe.cpp:1). Section "
                          "\"optimizer\" would choose it, but no Optimizer component is "
                          "registered."));
}

TEST(Seal, SaysThatNoSectionChoosesAmongTheComponents) {
  Container container;
  container.provide<Trainer>([](Optimizer&) { return Trainer(); }, {"recipe.cpp", 1});
  container.component<Optimizer>("adamw", [](const AdamWConfig&) { return FusedOptimizer(); });

  EXPECT_THAT(problems_of(container),
              ElementsAre("Optimizer is missing: Trainer asks for it (recipe.cpp:1). Components of "
                          "it are registered (adamw), but no section chooses one."));
}

TEST(Seal, ChecksWhatMembersOfACollectionAndDecoratorsAskFor) {
  Container container;
  container.collect<Timer>([](Clock&) { return Timer(); }, {"recipe.cpp", 1});
  container.provide<Model>([] { return Model(); });
  container.decorate<Model>([](Model&, Clock&) { return Model(); }, {"recipe.cpp", 2});

  EXPECT_THAT(
      problems_of(container),
      ElementsAre("Clock is missing: Timer[0] asks for it (recipe.cpp:1), decorator of Model asks "
                  "for it (recipe.cpp:2)."));
}

TEST(Seal, LooksOnlyAtWhatWasChosen) {
  Container container;
  container.section<Optimizer>("optimizer");
  container.component<Optimizer>("adamw", [](const AdamWConfig&) { return FusedOptimizer(); });
  container.component<Optimizer>(
      "lion", [](const AdamWConfig&, Clock&) { return FusedOptimizer(); }, {"lion.cpp", 5});
  container.choose("optimizer", "adamw", std::make_shared<AdamWConfig>());

  EXPECT_THAT(problems_of(container), IsEmpty());
}

TEST(Seal, NamesTheComponentThatAsks) {
  Container container;
  container.section<Optimizer>("optimizer");
  container.component<Optimizer>(
      "lion", [](const AdamWConfig&, Clock&) { return FusedOptimizer(); }, {"lion.cpp", 5});
  container.choose("optimizer", "lion", std::make_shared<AdamWConfig>());

  EXPECT_THAT(problems_of(container),
              ElementsAre("Clock is missing: Optimizer = \"lion\" asks for it (lion.cpp:5)."));
}

// ---- Not as it is asked for ----

TEST(Seal, RefusesToHandOutAConstForChange) {
  const Clock clock;
  Container container;
  container.instance<const Clock>(clock, {"clock.cpp", 3});
  container.provide<Trainer>([](Clock&) { return Trainer(); }, {"recipe.cpp", 1});

  EXPECT_THAT(
      problems_of(container),
      ElementsAre("Clock is provided as const (clock.cpp:3), but Trainer asks for Clock and "
                  "could change it (recipe.cpp:1). Ask for const Clock."));
}

TEST(Seal, RefusesToHandOutAConstInAnyOtherForm) {
  const Clock clock;
  Container container;
  container.instance<const Clock>(clock);
  container.collect<const Timer>([] { return Timer(); });
  container.provide<Model>(
      [](std::shared_ptr<Clock>, Clock*, Lazy<Clock>, All<Timer>) { return Model(); });
  container.provide<Trainer>([](std::shared_ptr<const Clock>, const Clock*, Lazy<const Clock>,
                                All<const Timer>) { return Trainer(); });

  EXPECT_EQ(problems_of(container).size(), 4U);
}

TEST(Seal, RefusesADecoratorThatCouldChangeAConst) {
  const Clock clock;
  Container container;
  container.instance<const Clock>(clock);
  container.decorate<Clock>([](Clock&) { return Clock(); });

  EXPECT_EQ(problems_of(container).size(), 1U);
}

TEST(Seal, RefusesAFactoryOfWhatIsOneForAll) {
  Container container;
  container.provide<Clock>([] { return Clock(); }, {"clock.cpp", 3});
  container.provide<Trainer>([](Factory<Clock>) { return Trainer(); }, {"recipe.cpp", 1});

  EXPECT_THAT(problems_of(container),
              ElementsAre("Clock is one for all (clock.cpp:3), but Trainer asks for Factory<Clock> "
                          "(recipe.cpp:1). Register it .transient(), or ask for it by reference."));
}

// ---- Cycles ----

TEST(Seal, FindsACycleOfOne) {
  Container container;
  container.provide<Clock>([](Clock&) { return Clock(); }, {"clock.cpp", 3});

  EXPECT_THAT(problems_of(container), ElementsAre("Clock -> Clock is a cycle (clock.cpp:3). Clock "
                                                  "could ask for Lazy<Clock>."));
}

TEST(Seal, FindsACycleOnceHoweverManyLeadIntoIt) {
  Container container;
  container.provide<Trainer>([](Clock&) { return Trainer(); });
  container.provide<Evaluator>([](Timer&) { return Evaluator(); });
  container.provide<Clock>([](Timer&, std::shared_ptr<Timer>) { return Clock(); },
                           {"clock.cpp", 3});
  container.provide<Timer>([](Clock&, std::shared_ptr<Clock>) { return Timer(); },
                           {"timer.cpp", 9});

  EXPECT_THAT(problems_of(container),
              ElementsAre("Clock -> Timer -> Clock is a cycle (clock.cpp:3, timer.cpp:9). Timer "
                          "could ask for Lazy<Clock>."));
}

TEST(Seal, FindsEachOfSeveralCycles) {
  Container container;
  container.provide<Clock>([](Timer&) { return Clock(); });
  container.provide<Timer>([](Clock&) { return Timer(); });
  container.provide<Model>([](Trainer&) { return Model(); });
  container.provide<Trainer>([](Model&, Clock&) { return Trainer(); });

  EXPECT_EQ(problems_of(container).size(), 2U);
}

TEST(Seal, TakesACycleThroughAnOptionalForOne) {
  Container container;
  container.provide<Clock>([](Timer*) { return Clock(); });
  container.provide<Timer>([](Clock&) { return Timer(); });

  EXPECT_EQ(problems_of(container).size(), 1U);
}

TEST(Seal, TakesACycleThroughACollectionForOne) {
  Container container;
  container.collect<Clock>([](Timer&) { return Clock(); }, {"clock.cpp", 3});
  container.provide<Timer>([](All<Clock>) { return Timer(); }, {"timer.cpp", 9});

  EXPECT_THAT(problems_of(container),
              ElementsAre("Clock[0] -> Timer -> Clock[0] is a cycle (clock.cpp:3, timer.cpp:9)."));
}

TEST(Seal, FindsACycleThroughADecorator) {
  Container container;
  container.provide<Timer>([](Clock&) { return Timer(); }, {"timer.cpp", 9});
  container.provide<Clock>([](Timer&) { return Clock(); }, {"clock.cpp", 3});
  container.decorate<Clock>([](Clock&) { return Clock(); }, {"recipe.cpp", 1});

  EXPECT_THAT(problems_of(container),
              ElementsAre("Timer -> decorator of Clock -> Clock -> Timer is a cycle (timer.cpp:9, "
                          "recipe.cpp:1, clock.cpp:3). Clock could ask for Lazy<Timer>."));
}

TEST(Seal, AllowsACycleThroughALazyOrAFactory) {
  Container container;
  container.provide<Clock>([](Lazy<Timer>) { return Clock(); });
  container.provide<Timer>([](Clock&, Factory<Model>) { return Timer(); });
  container.provide<Model>([](Timer&) { return Model(); }).transient();

  EXPECT_THAT(problems_of(container), IsEmpty());
}

}  // namespace
}  // namespace roux
