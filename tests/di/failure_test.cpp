// What comes out when a provider throws, and cycles that only show while building.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::Container;
using di::Factory;
using di::Lazy;
using di::Resolver;
using ::testing::ThrowsMessage;

struct Disk {};
struct Cache {};
struct Server {};
struct NvmeConfig {};

}  // namespace

template <>
struct di::ComponentConfig<NvmeConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

// A Server that needs a Cache that needs a Disk, which fails with `error`.
template <typename E>
Container failing_with(E error) {
  Container container;
  container.provide<Disk>([error]() -> Disk { throw error; }, {"disk.cpp", 1});
  container.provide<Cache>([](Disk&) { return Cache(); }, {"cache.cpp", 2});
  container.provide<Server>([](std::shared_ptr<Cache>) { return Server(); }, {"server.cpp", 3});
  container.seal();
  return container;
}

const std::string kChain =
    "it failed\n  while building Disk (disk.cpp:1), needed by Cache (cache.cpp:2), needed by "
    "Server "
    "(server.cpp:3)";

template <typename Thrown, typename Expected>
void expect_as(const Thrown& error) {
  const Container container = failing_with(error);

  try {
    container.get<Server>();
    FAIL() << "nothing was thrown";
  } catch (const Expected& e) {
    EXPECT_EQ(e.what(), kChain);
    EXPECT_THROW(std::rethrow_if_nested(e), Thrown);
  }
}

TEST(Failure, KeepsItsKindAndTellsWhatWasBeingBuilt) {
  expect_as<Error, Error>(Error("it failed"));
  expect_as<ConfigError, ConfigError>(ConfigError("it failed"));
  expect_as<DataError, DataError>(DataError("it failed"));
  expect_as<InternalError, InternalError>(InternalError("it failed"));
}

TEST(Failure, OfAnotherKindBecomesAnError) {
  expect_as<std::out_of_range, Error>(std::out_of_range("it failed"));
}

TEST(Failure, OfNoKindGoesThrough) {
  const Container container = failing_with(42);

  EXPECT_THROW(container.get<Server>(), int);
}

TEST(Failure, TellsItsChainOnceThroughALazyToo) {
  Container container;
  container.provide<Disk>([]() -> Disk { throw Error("it failed"); }, {"disk.cpp", 1});
  container.provide<Cache>([](Lazy<Disk> disk) { return disk.get(), Cache(); }, {"cache.cpp", 2});
  container.seal();

  EXPECT_THAT([&] { container.get<Cache>(); },
              ThrowsMessage<Error>("it failed\n  while building Disk (disk.cpp:1), needed by Cache "
                                   "(cache.cpp:2)"));
}

TEST(Failure, NamesAComponentByWhatWasChosen) {
  Container container;
  container.component<Disk>("nvme", [](const NvmeConfig&) -> Disk { throw Error("it failed"); },
                            {"nvme.cpp", 1});
  container.section<Disk>("disk");
  container.choose("disk", "nvme", std::make_shared<NvmeConfig>());
  container.seal();

  EXPECT_THAT([&] { container.get<Disk>(); },
              ThrowsMessage<Error>("it failed\n  while building Disk = \"nvme\" (nvme.cpp:1)"));
}

TEST(Failure, IsForgottenSoThatItCanBeTriedAgain) {
  Container container;
  int attempts = 0;
  int caches = 0;
  container.provide<Cache>([&] { return ++caches, Cache(); });
  container.provide<Server>([&](Cache&) {
    if (++attempts < 3) throw Error("not yet");
    return Server();
  });
  container.seal();

  EXPECT_THROW(container.get<Server>(), Error);
  EXPECT_THROW(container.get<Server>(), Error);
  EXPECT_NO_THROW(container.get<Server>());
  EXPECT_EQ(caches, 1);
}

TEST(Failure, DestroysWhatWasMadeForTheOneThatFailed) {
  struct Part {
    std::shared_ptr<int> alive;
  };
  Container container;
  const auto alive = std::make_shared<int>();
  container.provide<Part>([&] { return Part{alive}; }).transient();
  container.provide<Server>([](Part&) -> Server { throw Error("no"); });
  container.seal();

  EXPECT_THROW(container.get<Server>(), Error);

  EXPECT_EQ(alive.use_count(), 1);
}

// ---- Cycles that the graph does not show ----

TEST(Failure, FindsACycleThroughALazyThatIsUsedTooEarly) {
  Container container;
  container.provide<Disk>([](Lazy<Cache> cache) { return cache.get(), Disk(); }, {"disk.cpp", 1});
  container.provide<Cache>([](Disk&) { return Cache(); }, {"cache.cpp", 2});
  container.provide<Server>([](Disk&) { return Server(); }, {"server.cpp", 3});
  container.seal();

  EXPECT_THAT([&] { container.get<Server>(); },
              ThrowsMessage<Error>("Disk -> Cache -> Disk is a cycle (disk.cpp:1, cache.cpp:2), "
                                   "closed while building by a Lazy, a Factory or a Resolver."));
}

TEST(Failure, FindsACycleThroughAResolver) {
  Container container;
  container.provide<Disk>([](Resolver& all) { return all.get<Disk>(), Disk(); }, {"disk.cpp", 1});
  container.seal();

  EXPECT_THAT(
      [&] { container.get<Disk>(); },
      ThrowsMessage<Error>("Disk -> Disk is a cycle (disk.cpp:1), closed while building by a "
                           "Lazy, a Factory or a Resolver."));
}

TEST(Failure, FindsAFactoryThatCallsItself) {
  Container container;
  container.provide<Disk>([](Factory<Disk> disks) { return disks(), Disk(); }).transient();
  container.seal();

  EXPECT_THROW(container.make<Disk>(), Error);
}

TEST(Failure, LeavesNoTraceOfACycleOnItsThread) {
  Container container;
  bool early = true;
  container.provide<Disk>([&](Lazy<Cache> cache) {
    if (early) cache.get();
    return Disk();
  });
  container.provide<Cache>([](Disk&) { return Cache(); });
  container.seal();
  EXPECT_THROW(container.get<Cache>(), Error);

  early = false;

  EXPECT_NO_THROW(container.get<Cache>());
}

}  // namespace
}  // namespace roux
