// What may be registered, changed, and what is refused on the spot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::Container;
using di::Factory;
using di::Keyed;
using di::WiringError;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Clock {
  explicit Clock(std::string n) : name(std::move(n)) {}
  virtual ~Clock() = default;
  std::string name;
};
struct WallClock final : Clock {
  WallClock() : Clock("wall") {}
};
struct Worker {
  int number;
};

std::string one_problem(const std::string& problem) {
  return "1 problem in the wiring:\n  " + problem;
}

// ---- instance ----

TEST(Instance, IsTheObjectItself) {
  Clock clock("mine");
  Container container;
  container.instance<Clock>(clock);
  container.seal();

  EXPECT_EQ(&container.get<Clock>(), &clock);
}

TEST(Instance, MayBeShared) {
  const auto clock = std::make_shared<WallClock>();
  {
    Container container;
    container.instance<Clock>(clock);
    container.seal();

    EXPECT_EQ(&container.get<Clock>(), clock.get());
    EXPECT_GT(clock.use_count(), 1);
  }
  EXPECT_EQ(clock.use_count(), 1);
}

TEST(Instance, OfAConstTypeGivesConstViewsOnly) {
  const Clock clock("mine");
  Container container;
  container.instance<const Clock>(clock);
  container.instance<Keyed<const Clock, "cpu">>(std::make_shared<const Clock>("cpu"));
  container.provide<Worker>(
      [](const Clock&, const Clock*, std::shared_ptr<const Clock>) { return Worker{1}; });
  container.seal();

  EXPECT_EQ(container.get<Worker>().number, 1);
  EXPECT_EQ(&container.get<const Clock>(), &clock);
  EXPECT_EQ((container.get<Keyed<const Clock, "cpu">>().name), "cpu");
  EXPECT_EQ(container.find<const Clock>(), &clock);
  EXPECT_THROW(container.find<Clock>(), WiringError);
}

TEST(Instance, MayHaveAClassThatIsKnownOnlyWhileRunning) {
  const std::shared_ptr<const void> clock = std::make_shared<Clock>("mine");
  const di::Key& key = di::key_of<Clock>();
  Container container;
  container.instance(key, clock);
  container.seal();

  EXPECT_EQ(&container.get<const Clock>(), clock.get());
  EXPECT_THROW(container.get<Clock>(), WiringError);
}

TEST(Instance, MustBeThere) {
  Container container;

  EXPECT_THROW(container.instance<Clock>(std::shared_ptr<Clock>()), InternalError);
}

// ---- Twice ----

TEST(Registration, RefusesASecondProviderAndNamesBothPlaces) {
  Container container;
  container.provide<Clock>([] { return WallClock(); }, {"framework/clock.cpp", 3});

  EXPECT_THAT(
      [&] {
        container.provide<Clock>([] { return WallClock(); }, {"recipe.cpp", 9});
      },
      ThrowsMessage<WiringError>(one_problem(
          "Clock is provided twice: at clock.cpp:3 and at recipe.cpp:9. To change what there is, "
          "say replace<Clock> or decorate<Clock>.")));
}

TEST(Registration, RefusesASecondOneOfAName) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return WallClock(); }, {"clock.cpp", 3});
  Clock clock("mine");

  EXPECT_THAT(
      [&] {
        (container.instance<Keyed<Clock, "cpu">>(clock, {"recipe.cpp", 9}));
      },
      ThrowsMessage<WiringError>(one_problem(
          "Clock \"cpu\" is provided twice: at clock.cpp:3 and at recipe.cpp:9. To change "
          "what there is, say replace<Keyed<Clock, \"cpu\">> or decorate<Keyed<Clock, "
          "\"cpu\">>.")));
}

TEST(Registration, IsRefusedOnceSealed) {
  Container container;
  container.seal();

  EXPECT_THAT([&] { container.provide<Clock>([] { return WallClock(); }); },
              ThrowsMessage<InternalError>(HasSubstr("register before seal()")));
  EXPECT_THROW(container.collect<Clock>([] { return WallClock(); }), InternalError);
  EXPECT_THROW(container.section<Clock>("clock"), InternalError);
}

// ---- replace ----

TEST(Replace, PutsAnotherInItsPlace) {
  Container container;
  container.provide<Clock>([] { return WallClock(); });
  container.replace<Clock>([](Worker& worker) { return Clock(cat("fake ", worker.number)); });
  container.provide<Worker>([] { return Worker{7}; });
  container.seal();

  EXPECT_EQ(container.get<Clock>().name, "fake 7");
}

TEST(Replace, WorksForNamedOnes) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return WallClock(); });
  container.replace<Keyed<Clock, "cpu">>([] { return Clock("fake"); });
  container.seal();

  EXPECT_EQ((container.get<Keyed<Clock, "cpu">>().name), "fake");
}

TEST(Replace, NeedsSomethingToReplace) {
  Container container;
  container.provide<WallClock>([] { return WallClock(); });

  EXPECT_THAT(
      [&] {
        container.replace<Clock>([] { return Clock("fake"); }, {"recipe.cpp", 9});
      },
      ThrowsMessage<WiringError>(
          one_problem("There is no Clock to replace (recipe.cpp:9). Did you mean WallClock?")));
}

TEST(Replace, KeepsATransientTransient) {
  Container container;
  int made = 0;
  container.provide<Worker>([] { return Worker{-1}; }).transient();
  container.replace<Worker>([&] { return Worker{++made}; });
  container.seal();

  EXPECT_EQ(container.make<Worker>()->number, 1);
  EXPECT_EQ(container.make<Worker>()->number, 2);
}

TEST(Replace, MayMakeATransientOfWhatWasNone) {
  Container container;
  container.provide<Worker>([] { return Worker{-1}; });
  container.replace<Worker>([] { return Worker{1}; }).transient();
  container.seal();

  EXPECT_EQ(container.make<Worker>()->number, 1);
}

// ---- decorate ----

std::string with(const Clock& inner, const std::string& mark) {
  return inner.name + mark;
}

TEST(Decorate, WrapsWhatIsThereTheLastOneOutermost) {
  Container container;
  container.provide<Clock>([] { return WallClock(); });
  container.decorate<Clock>([](Clock& inner) { return Clock(with(inner, "+cached")); });
  container.decorate<Clock>([](std::shared_ptr<Clock> inner, Worker& worker) {
    return Clock(with(*inner, cat("+logged by ", worker.number)));
  });
  container.provide<Worker>([] { return Worker{7}; });
  container.seal();

  EXPECT_EQ(container.get<Clock>().name, "wall+cached+logged by 7");
}

TEST(Decorate, WrapsWhatReplacesToo) {
  Container container;
  container.provide<Clock>([] { return WallClock(); });
  container.decorate<Clock>([](Clock& inner) { return Clock(with(inner, "+cached")); });
  container.replace<Clock>([] { return Clock("fake"); });
  container.seal();

  EXPECT_EQ(container.get<Clock>().name, "fake+cached");
}

TEST(Decorate, WorksForNamedOnes) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return Clock("cpu"); });
  container.decorate<Keyed<Clock, "cpu">>(
      [](const Clock& inner) { return Clock(with(inner, "+cached")); });
  container.seal();

  EXPECT_EQ((container.get<Keyed<Clock, "cpu">>().name), "cpu+cached");
}

TEST(Decorate, NeedsSomethingToWrap) {
  Container container;

  EXPECT_THAT(
      [&] {
        container.decorate<Clock>([](Clock&) { return Clock("wrapped"); }, {"recipe.cpp", 9});
      },
      ThrowsMessage<WiringError>(one_problem("There is no Clock to decorate (recipe.cpp:9).")));
}

TEST(Decorate, MakesANewWrapperForEachTransient) {
  Container container;
  int made = 0;
  container.provide<Worker>([&] { return Worker{++made}; }).transient();
  container.decorate<Worker>([](Worker& inner) { return Worker{inner.number * 100}; });
  container.seal();

  EXPECT_EQ(container.make<Worker>()->number, 100);
  EXPECT_EQ(container.make<Worker>()->number, 200);
}

// ---- transient ----

TEST(Transient, IsRefusedForWhatIsOnlyBorrowed) {
  Worker worker{1};
  Container container;

  EXPECT_THAT(
      [&] {
        container.provide<Worker>([&]() -> Worker& { return worker; }, {"pool.cpp", 4}).transient();
      },
      ThrowsMessage<WiringError>(HasSubstr("Worker can't be transient")));
}

TEST(Transient, IsMadeAnewForEachWhoAsks) {
  struct Pool {
    Worker* by_reference;
    std::shared_ptr<Worker> shared;
    Worker* optional;
  };
  Container container;
  int made = 0;
  container.provide<Worker>([&] { return Worker{++made}; }).transient();
  container.provide<Pool>([](Worker& one, std::shared_ptr<Worker> two, Worker* three) {
    return Pool{&one, std::move(two), three};
  });
  container.seal();

  const Pool& pool = container.get<Pool>();

  EXPECT_EQ(pool.by_reference->number, 1);
  EXPECT_EQ(pool.shared->number, 2);
  EXPECT_EQ(pool.optional->number, 3);
}

TEST(Transient, IsMadeAnewForEachOfSeveralWhoShareIt) {
  struct Left {
    std::shared_ptr<Worker> worker;
  };
  struct Right {
    std::shared_ptr<Worker> worker;
  };
  Container container;
  int made = 0;
  container.provide<Worker>([&] { return Worker{++made}; }).transient();
  container.provide<Left>([](std::shared_ptr<Worker> worker) { return Left{worker}; });
  container.provide<Right>([](std::shared_ptr<Worker> worker) { return Right{worker}; });
  container.seal();

  EXPECT_EQ(container.get<Left>().worker->number, 1);
  EXPECT_EQ(container.get<Right>().worker->number, 2);
}

TEST(Transient, IsOneForEachLazyAndItsCopies) {
  Container container;
  int made = 0;
  container.provide<Worker>([&] { return Worker{++made}; }).transient();
  container.seal();

  const auto first = container.lazy<Worker>();
  const auto copy = first;
  const auto second = container.lazy<Worker>();

  EXPECT_EQ(first->number, 1);
  EXPECT_EQ(copy->number, 1);
  EXPECT_EQ(second->number, 2);
}

}  // namespace
}  // namespace roux
