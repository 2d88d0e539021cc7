#include "roux/di/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/di/wiring_error.h"

namespace roux {
namespace {

using di::Container;
using di::Keyed;
using di::Resolver;
using di::WiringError;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Clock {};
struct Worker {};

TEST(Resolver, GivesTheSameObjectEachTime) {
  Container container;
  container.provide<Clock>([] { return Clock(); });
  container.seal();

  EXPECT_EQ(&container.get<Clock>(), &container.get<Clock>());
  EXPECT_EQ(container.find<Clock>(), &container.get<Clock>());
  EXPECT_EQ(&container.lazy<Clock>().get(), &container.get<Clock>());
}

TEST(Resolver, SaysWhatIsMissing) {
  Container container;
  container.provide<Keyed<Clock, "cpu">>([] { return Clock(); });
  container.seal();

  EXPECT_THAT(
      [&] { container.get<Clock>(); },
      ThrowsMessage<WiringError>(
          "1 problem in the wiring:\n  Clock is missing: a Resolver was asked for it. Known "
          "names of Clock: \"cpu\"."));
  EXPECT_EQ(container.find<Clock>(), nullptr);
}

TEST(Resolver, GivesNothingBeforeTheContainerIsSealed) {
  Container container;
  container.provide<Clock>([] { return Clock(); });

  EXPECT_THAT([&] { container.get<Clock>(); },
              ThrowsMessage<InternalError>("Clock is asked for before the container is sealed."));
  EXPECT_THROW(container.find<Clock>(), InternalError);
  EXPECT_THROW(container.all<Clock>(), InternalError);
  EXPECT_THROW(container.lazy<Clock>(), InternalError);
  EXPECT_THROW(container.make<Clock>(), InternalError);
}

TEST(Resolver, HasNoTransientToGive) {
  Container container;
  container.provide<Worker>([] { return Worker(); }).transient();
  container.seal();

  EXPECT_THAT([&] { container.get<Worker>(); },
              ThrowsMessage<WiringError>(HasSubstr("make<Worker>() gives one")));
}

TEST(Resolver, MakesNoSecondOneOfWhatIsOneForAll) {
  Container container;
  container.provide<Worker>([] { return Worker(); });
  container.seal();

  EXPECT_THAT([&] { container.make<Worker>(); },
              ThrowsMessage<WiringError>(HasSubstr("register it .transient()")));
}

TEST(Resolver, OutlivesAMoveOfItsContainer) {
  struct Late {
    Resolver* resolver;
  };
  Container first;
  first.provide<Clock>([] { return Clock(); });
  first.provide<Late>([](Resolver& resolver) { return Late{&resolver}; });
  first.seal();
  const Late& late = first.get<Late>();

  const Container second = std::move(first);

  EXPECT_EQ(&late.resolver->get<Clock>(), &second.get<Clock>());
}

}  // namespace
}  // namespace roux
