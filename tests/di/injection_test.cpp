// The forms in which a provider's parameters may ask, and what a provider may return.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux::di {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Clock {
  explicit Clock(int t = 0) : time(t) {}
  virtual ~Clock() = default;
  int time;
};
struct SystemClock final : Clock {
  using Clock::Clock;
};
struct Profiler {};

// Holds on to whatever it was given, so that a test can look at it.
template <typename T>
struct Holder {
  T held;
};

// What a provider gets for a parameter of type P, in a container with a Clock.
template <typename P>
Holder<P>& given_to_a_provider(Container& container) {
  container.provide<Holder<P>>([](P given) { return Holder<P>{given}; });
  container.seal();
  return container.get<Holder<P>>();
}

Container with_a_clock() {
  Container container;
  container.provide<Clock>([] { return std::make_unique<SystemClock>(42); });
  return container;
}

TEST(Injection, GivesAReference) {
  Container container = with_a_clock();

  const Clock& given = given_to_a_provider<Clock&>(container).held;

  EXPECT_EQ(given.time, 42);
  EXPECT_EQ(&given, &container.get<Clock>());
}

TEST(Injection, GivesAConstReferenceToTheSameObject) {
  Container container = with_a_clock();

  const Clock& given = given_to_a_provider<const Clock&>(container).held;

  EXPECT_EQ(&given, &container.get<Clock>());
}

TEST(Injection, GivesASharedPointerToTheSameObject) {
  Container container = with_a_clock();

  const auto& given = given_to_a_provider<std::shared_ptr<Clock>>(container).held;

  EXPECT_EQ(given.get(), &container.get<Clock>());
  EXPECT_EQ(given.use_count(), 2);
}

TEST(Injection, GivesASharedPointerToConst) {
  Container container = with_a_clock();

  const auto& given = given_to_a_provider<std::shared_ptr<const Clock>>(container).held;

  EXPECT_EQ(given.get(), &container.get<Clock>());
}

TEST(Injection, GivesAPointerToWhatIsProvided) {
  Container container = with_a_clock();

  const Clock* given = given_to_a_provider<Clock*>(container).held;

  EXPECT_EQ(given, &container.get<Clock>());
}

TEST(Injection, GivesANullPointerToWhatIsNot) {
  Container container;

  EXPECT_EQ(given_to_a_provider<const Profiler*>(container).held, nullptr);
}

TEST(Injection, GivesANamedOneByItsName) {
  Container container = with_a_clock();
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(7); });

  const auto& given = given_to_a_provider<Keyed<Clock, "cpu">>(container).held;

  EXPECT_EQ(given->time, 7);
  EXPECT_EQ(&*given, (&container.get<Keyed<Clock, "cpu">>()));
  EXPECT_EQ(container.get<Clock>().time, 42);
}

TEST(Injection, GivesAConstViewOfANamedOne) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(7); });

  const auto& given = given_to_a_provider<Keyed<const Clock, "cpu">>(container).held;

  static_assert(std::is_same_v<decltype(given.get()), const Clock&>);
  EXPECT_EQ(given.get().time, 7);
}

TEST(Injection, GivesALazyOneThatIsBuiltOnFirstUse) {
  Container container;
  int built = 0;
  container.provide<Clock>([&] { return Clock(++built); });

  const auto& given = given_to_a_provider<Lazy<Clock>>(container).held;

  EXPECT_EQ(built, 0);
  EXPECT_EQ(given->time, 1);
  EXPECT_EQ(&given.get(), &container.get<Clock>());
  EXPECT_EQ(built, 1);
}

TEST(Injection, GivesALazyNamedOne) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(7); });

  EXPECT_EQ((given_to_a_provider<Lazy<Keyed<const Clock, "cpu">>>(container).held->time), 7);
}

TEST(Injection, GivesAFactoryThatMakesANewOneEachTime) {
  Container container;
  int built = 0;
  container.provide<Clock>([&] { return Clock(++built); }).transient();

  const auto& given = given_to_a_provider<Factory<Clock>>(container).held;
  const auto first = given();
  const auto second = given();

  EXPECT_EQ(first->time, 1);
  EXPECT_EQ(second->time, 2);
}

TEST(Injection, GivesAFactoryOfANamedOne) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(7); }).transient();

  EXPECT_EQ((given_to_a_provider<Factory<Keyed<Clock, "cpu">>>(container).held()->time), 7);
}

std::vector<int> times(const All<const Clock>& clocks) {
  std::vector<int> result;
  for (const Clock& clock : clocks) result.push_back(clock.time);
  return result;
}

TEST(Injection, GivesAllThatWasCollectedInItsOrder) {
  Container container;
  container.collect<Clock>([] { return Clock(3); });
  container.collect<Clock>([] { return std::make_unique<SystemClock>(1); });
  container.collect<Clock>([] { return Clock(2); });

  const auto& given = given_to_a_provider<All<const Clock>>(container).held;

  EXPECT_THAT(times(given), ElementsAre(3, 1, 2));
  EXPECT_EQ(given[1].time, 1);
}

TEST(Injection, GivesAnEmptyCollectionWhereNothingWasCollected) {
  Container container = with_a_clock();

  EXPECT_TRUE(given_to_a_provider<All<Clock>>(container).held.empty());
}

TEST(Injection, KeepsTheMembersOfACollectionForTheLifeOfTheContainer) {
  Container container;
  container.collect<Clock>([] { return Clock(3); });

  const auto& given = given_to_a_provider<All<Clock>>(container).held;

  EXPECT_EQ(&given[0], &container.all<Clock>()[0]);
}

TEST(Injection, KeepsNamedCollectionsApart) {
  Container container;
  container.collect<Clock>([] { return Clock(1); });
  container.collect<Keyed<Clock, "cpu">>([] { return Clock(2); });

  const auto& given = given_to_a_provider<All<Keyed<Clock, "cpu">>>(container).held;

  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given[0].time, 2);
}

TEST(Injection, GivesTheResolverAsALastResort) {
  Container container = with_a_clock();

  Resolver& given = given_to_a_provider<Resolver&>(container).held;

  EXPECT_EQ(given.get<Clock>().time, 42);
}

TEST(Injection, TakesWrappersByConstReferenceToo) {
  Container container = with_a_clock();
  container.provide<Profiler>([](const Lazy<Clock>& lazy, const std::shared_ptr<Clock>& shared,
                                 Keyed<Clock, "cpu">&& named) {
    EXPECT_EQ(lazy->time, 42);
    EXPECT_EQ(shared->time, 42);
    EXPECT_EQ(named->time, 7);
    return Profiler();
  });
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(7); });
  container.seal();

  container.get<Profiler>();
}

TEST(Injection, BuildsDependenciesFromLeftToRight) {
  struct A {};
  struct B {};
  struct C {};
  Container container;
  std::vector<std::string> built;
  container.provide<C>([&] { return built.push_back("c"), C(); });
  container.provide<B>([&] { return built.push_back("b"), B(); });
  container.provide<A>([&] { return built.push_back("a"), A(); });
  container.provide<Profiler>([](B&, std::shared_ptr<A>, C*) { return Profiler(); });
  container.seal();

  container.get<Profiler>();

  EXPECT_THAT(built, ElementsAre("b", "a", "c"));
}

template <typename T>
int inject_a_local_class() {
  struct Local {
    int number = 3;
  };
  Container container;
  container.provide<Local>([] { return Local(); });
  container.provide<Profiler>([](Local&) { return Profiler(); });
  container.seal();
  return container.get<Local>().number;
}

TEST(Injection, TakesAClassForWhatItIsAndNotForWhereItStands) {
  EXPECT_EQ(inject_a_local_class<std::string>(), 3);
}

// ---- What a provider may be, and return ----

std::unique_ptr<Clock> make_clock(const Profiler&) {
  return std::make_unique<SystemClock>(5);
}

struct MakesClocks {
  std::shared_ptr<SystemClock> operator()(Profiler&) const noexcept {
    return std::make_shared<SystemClock>(6);
  }
};

TEST(Provider, MayBeAFunction) {
  Container container;
  container.provide<Profiler>([] { return Profiler(); });
  container.provide<Clock>(make_clock);
  container.seal();

  EXPECT_EQ(container.get<Clock>().time, 5);
}

TEST(Provider, MayBeAFunctor) {
  Container container;
  container.provide<Profiler>([] { return Profiler(); });
  container.provide<Clock>(MakesClocks());
  container.seal();

  EXPECT_EQ(container.get<Clock>().time, 6);
}

TEST(Provider, MayOwnWhatCannotBeCopiedAndChangeIt) {
  Container container;
  container.provide<Clock>(
      [clock = std::make_unique<SystemClock>(8)]() mutable { return std::move(clock); });
  container.seal();

  EXPECT_EQ(container.get<Clock>().time, 8);
}

TEST(Provider, MayReturnByValueWhatCannotBeMoved) {
  struct Pinned {
    explicit Pinned(int n) : number(n) {}
    Pinned(const Pinned&) = delete;
    int number;
  };
  Container container;
  container.provide<Pinned>([] { return Pinned(9); });
  container.seal();

  EXPECT_EQ(container.get<Pinned>().number, 9);
}

TEST(Provider, MayReturnAReferenceToWhatItDoesNotOwn) {
  SystemClock clock(10);
  {
    Container container;
    container.provide<Clock>([&]() -> SystemClock& { return clock; });
    container.seal();

    EXPECT_EQ(&container.get<Clock>(), &clock);
  }
  EXPECT_EQ(clock.time, 10);
}

TEST(Provider, MayProvideASecondBase) {
  struct Named {
    virtual ~Named() = default;
    int name = 3;
  };
  struct NamedClock final : Clock, Named {};
  Container container;
  container.provide<Named>([] { return std::make_unique<NamedClock>(); });
  container.seal();

  EXPECT_EQ(container.get<Named>().name, 3);
}

TEST(Provider, ThatReturnsNullIsNamed) {
  Container container;
  container.provide<Clock>([] { return std::unique_ptr<Clock>(); }, {"clock.cpp", 3});
  container.seal();

  EXPECT_THAT([&] { container.get<Clock>(); },
              ThrowsMessage<InternalError>("The provider of di::Clock returned nullptr.\n"
                                           "  while building di::Clock (clock.cpp:3)"));
}

TEST(Provider, OfAConstTypeGivesConstViews) {
  Container container;
  container.provide<const Clock>([] { return std::make_unique<const SystemClock>(11); });
  container.seal();

  EXPECT_EQ(container.get<const Clock>().time, 11);
  EXPECT_THAT([&] { container.get<Clock>(); },
              ThrowsMessage<WiringError>(HasSubstr("di::Clock is provided as const")));
}

}  // namespace
}  // namespace roux::di
