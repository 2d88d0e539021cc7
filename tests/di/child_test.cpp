#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::All;
using di::Container;
using di::WiringError;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Clock {
  std::string name;
};
struct Timer {
  std::string clock;
};
struct Gong {};
struct ClockConfig {};

}  // namespace

template <>
struct di::ComponentConfig<ClockConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

struct Step {
  Clock* clock;
};

Container a_parent() {
  Container parent;
  parent.provide<Clock>([] { return Clock{"parent's"}; }, {"clock.cpp", 3});
  parent.provide<Timer>([](Clock& clock) { return Timer{clock.name}; });
  parent.seal();
  return parent;
}

TEST(Child, FindsWhatItsParentHas) {
  Container parent = a_parent();
  Container child = parent.child();
  child.provide<Step>([](Clock& clock) { return Step{&clock}; });
  child.seal();

  EXPECT_EQ(child.get<Step>().clock, &parent.get<Clock>());
  EXPECT_EQ(parent.find<Step>(), nullptr);
}

TEST(Child, LeavesWhatTheParentHasInTheParent) {
  Container parent = a_parent();
  const Clock* clock = nullptr;
  {
    Container child = parent.child();
    child.seal();
    clock = &child.get<Clock>();
  }
  EXPECT_EQ(&parent.get<Clock>(), clock);
}

TEST(Child, DestroysItsOwnWhenItGoes) {
  struct Guard {
    std::shared_ptr<int> alive;
  };
  Container parent = a_parent();
  const auto alive = std::make_shared<int>();
  {
    Container child = parent.child();
    child.provide<Guard>([&] { return Guard{alive}; });
    child.seal();
    child.get<Guard>();
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Child, MayReplaceWhatItsParentHasForItself) {
  Container parent = a_parent();
  Container child = parent.child();
  child.replace<Clock>([] { return Clock{"child's"}; });
  child.seal();

  EXPECT_EQ(child.get<Clock>().name, "child's");
  EXPECT_EQ(parent.get<Clock>().name, "parent's");
  EXPECT_EQ(child.get<Timer>().clock, "parent's") << "the parent's things know nothing of a child";
}

TEST(Child, MayDecorateWhatItsParentHasForItself) {
  Container parent = a_parent();
  Container child = parent.child();
  child.decorate<Clock>([](Clock& inner) { return Clock{"decorated " + inner.name}; });
  child.seal();

  EXPECT_EQ(child.get<Clock>().name, "decorated parent's");
  EXPECT_EQ(parent.get<Clock>().name, "parent's");
}

TEST(Child, ProvidesNothingThatItsParentHas) {
  Container parent = a_parent();
  Container child = parent.child();

  EXPECT_THAT(
      [&] {
        child.provide<Clock>([] { return Clock(); }, {"child.cpp", 9});
      },
      ThrowsMessage<WiringError>(HasSubstr("at clock.cpp:3 and at child.cpp:9")));
}

TEST(Child, MakesTheTransientsOfItsParent) {
  Container parent;
  parent.provide<Clock>([] { return Clock{"new"}; }).transient();
  parent.seal();
  Container child = parent.child();
  child.provide<Step>([](Clock& clock) { return Step{&clock}; });
  child.seal();

  EXPECT_EQ(child.get<Step>().clock->name, "new");
  EXPECT_EQ(child.make<Clock>()->name, "new");
}

TEST(Child, CollectsAfterItsParent) {
  Container parent;
  parent.collect<Clock>([] { return Clock{"first"}; });
  parent.seal();
  Container child = parent.child();
  child.collect<Clock>([] { return Clock{"second"}; });
  child.seal();

  std::vector<std::string> names;
  for (const Clock& clock : child.all<Clock>()) names.push_back(clock.name);

  EXPECT_THAT(names, ElementsAre("first", "second"));
  EXPECT_EQ(parent.all<Clock>().size(), 1U);
}

TEST(Child, IsCheckedWithWhatItsParentHas) {
  Container parent = a_parent();
  Container child = parent.child();
  child.provide<Step>([](Clock& clock, Timer&, std::shared_ptr<Gong>) { return Step{&clock}; },
                      {"child.cpp", 9});

  EXPECT_THAT(
      [&] { child.seal(); },
      ThrowsMessage<WiringError>("1 problem in the wiring:\n  Gong is missing: Step asks for "
                                 "it as std::shared_ptr<Gong> (child.cpp:9)."));
}

TEST(Child, ChoosesAmongTheComponentsOfItsParent) {
  Container parent;
  parent.component<Clock>("wall", [](const ClockConfig&) { return Clock{"wall"}; });
  parent.section<Timer>("timer");
  parent.seal();
  Container child = parent.child();
  child.component<Clock>("cpu", [](const ClockConfig&) { return Clock{"cpu"}; });
  child.section<Clock>("clock");
  child.choose("clock", "wall", std::make_shared<ClockConfig>());
  child.seal();

  EXPECT_EQ(child.get<Clock>().name, "wall");
  ASSERT_EQ(child.components().size(), 2U);
  EXPECT_EQ(child.components()[0].name, "wall");
  ASSERT_EQ(child.sections().size(), 2U);
  EXPECT_EQ(child.sections()[1].path, "clock");
}

TEST(Child, ChoosesForItsOwnSectionsOnly) {
  Container parent;
  parent.component<Clock>("wall", [](const ClockConfig&) { return Clock{"wall"}; });
  parent.section<Clock>("clock");
  parent.seal();
  Container child = parent.child();

  EXPECT_THAT([&] { child.choose("clock", "wall", std::make_shared<ClockConfig>()); },
              ThrowsMessage<InternalError>("No section \"clock\" was declared to the container."));
}

TEST(Child, NeedsASealedParent) {
  Container parent;

  EXPECT_THROW(parent.child(), InternalError);
}

TEST(Child, ThatOutlivesItsParentIsReportedAndFindsNothingThere) {
  std::vector<std::string> reports;
  std::optional<Container> parent = a_parent();
  parent->report_to([&](const std::string& problem) { reports.push_back(problem); });
  Container child = parent->child();
  child.seal();

  parent.reset();

  EXPECT_THAT(reports, ElementsAre("A container is destroyed before its child container."));
  EXPECT_THROW(child.get<Clock>(), InternalError);
}

TEST(Child, ThatIsGoneFirstIsNoProblem) {
  std::vector<std::string> reports;
  {
    Container parent = a_parent();
    parent.report_to([&](const std::string& problem) { reports.push_back(problem); });
    parent.child();
  }
  EXPECT_THAT(reports, ElementsAre());
}

}  // namespace
}  // namespace roux
