// When things are built, and when they are destroyed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/di/container.h"

namespace roux {
namespace {

using di::All;
using di::Container;
using di::Factory;
using di::Lazy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Diary = std::vector<std::string>;

// Writes down when it comes and goes.
class Witness {
 public:
  Witness(Diary& diary, std::string name) : diary_(diary), name_(std::move(name)) {
    diary_.push_back("+" + name_);
  }
  Witness(const Witness&) = delete;
  ~Witness() { diary_.push_back("-" + name_); }

 private:
  Diary& diary_;
  std::string name_;
};

struct Clock {};
struct Disk : Witness {
  explicit Disk(Diary& diary, std::string name = "disk") : Witness(diary, std::move(name)) {}
};
struct Cache : Witness {
  explicit Cache(Diary& diary) : Witness(diary, "cache") {}
};
struct Server : Witness {
  explicit Server(Diary& diary) : Witness(diary, "server") {}
};

TEST(Lifetime, BuildsWhatIsAskedForAndNoMore) {
  Diary diary;
  Container container;
  container.provide<Disk>([&] { return Disk(diary); });
  container.provide<Cache>([&](Disk&) { return Cache(diary); });
  container.provide<Server>([&] { return Server(diary); });
  container.seal();

  EXPECT_THAT(diary, IsEmpty());
  container.get<Cache>();
  EXPECT_THAT(diary, ElementsAre("+disk", "+cache"));
}

TEST(Lifetime, DestroysInTheReverseOrder) {
  Diary diary;
  {
    Container container;
    container.provide<Server>([&](Disk&, Cache&) { return Server(diary); });
    container.provide<Cache>([&] { return Cache(diary); });
    container.provide<Disk>([&] { return Disk(diary); });
    container.seal();
    container.get<Server>();
    diary.clear();
  }
  EXPECT_THAT(diary, ElementsAre("-server", "-cache", "-disk"));
}

TEST(Lifetime, DestroysWhatADecoratorWrapsAfterIt) {
  Diary diary;
  {
    Container container;
    container.provide<Disk>([&] { return Disk(diary); });
    container.decorate<Disk>([&](Disk&) { return Disk(diary, "cached disk"); });
    container.seal();
    container.get<Disk>();
    diary.clear();
  }
  EXPECT_THAT(diary, ElementsAre("-cached disk", "-disk"));
}

TEST(Lifetime, OfATransientTakenByReferenceEndsAfterItsAskers) {
  Diary diary;
  {
    Container container;
    container.provide<Disk>([&] { return Disk(diary); }).transient();
    container.provide<Cache>([&](Disk&) { return Cache(diary); });
    container.provide<Server>([&](Cache&) { return Server(diary); });
    container.seal();
    container.get<Server>();
    diary.clear();
  }
  EXPECT_THAT(diary, ElementsAre("-server", "-cache", "-disk"));
}

TEST(Lifetime, OfWhatAFactoryMadeIsItsCallers) {
  Diary diary;
  Container container;
  container.provide<Disk>([&] { return Disk(diary); }).transient();
  container.provide<Cache>([&](Disk&, Disk&) { return Cache(diary); }).transient();
  container.seal();
  auto cache = container.make<Cache>();
  diary.clear();

  cache.reset();

  EXPECT_THAT(diary, ElementsAre("-cache", "-disk", "-disk"));
}

TEST(Lifetime, OfAGivenInstanceEndsLast) {
  Diary diary;
  {
    Container container;
    container.instance<Disk>(std::make_shared<Disk>(diary));
    container.provide<Cache>([&] { return Cache(diary); });
    container.provide<Server>([&](Cache&, Disk&) { return Server(diary); });
    container.seal();
    container.get<Server>();
    diary.clear();
  }
  EXPECT_THAT(diary, ElementsAre("-server", "-cache", "-disk"));
}

TEST(Lifetime, DestroysAnInstanceThatLooksBackThroughALazy) {
  struct LooksBack : Witness {
    using Witness::Witness;
    std::optional<Lazy<Disk>> disk;
  };
  Diary diary;
  {
    const auto instance = std::make_shared<LooksBack>(diary, "instance");
    Container container;
    container.instance<LooksBack>(instance);
    container.provide<Disk>([&] { return Disk(diary); });
    container.seal();
    instance->disk = container.lazy<Disk>();
    diary.clear();
  }
  EXPECT_THAT(diary, ElementsAre("-instance"));
}

TEST(Lifetime, LeavesWhatIsBorrowedAlone) {
  Diary diary;
  Disk disk(diary);
  {
    Container container;
    container.provide<Disk>([&]() -> Disk& { return disk; });
    container.seal();
    container.get<Disk>();
  }
  EXPECT_THAT(diary, ElementsAre("+disk"));
}

// ---- What outlives the container ----

TEST(Lifetime, ReportsASharedPointerThatOutlivesTheContainer) {
  Diary diary;
  std::vector<std::string> reports;
  std::shared_ptr<Disk> kept;
  std::shared_ptr<const Disk> kept_too;
  struct Thief {};
  {
    Container container;
    container.report_to([&](const std::string& problem) { reports.push_back(problem); });
    container.provide<Disk>([&] { return Disk(diary); }, {"disk.cpp", 7});
    container.provide<Thief>([&](std::shared_ptr<Disk> disk, std::shared_ptr<const Disk> again) {
      kept = std::move(disk);
      kept_too = std::move(again);
      return Thief();
    });
    container.seal();
    container.get<Thief>();
  }
  EXPECT_THAT(reports, ElementsAre("Disk (disk.cpp:7) outlives its container: 2 std::shared_ptr "
                                   "still hold it."));
  EXPECT_THAT(diary, ElementsAre("+disk"));
}

TEST(Lifetime, ReportsToTheLogUnlessToldOtherwise) {
  std::shared_ptr<Clock> kept;
  testing::internal::CaptureStderr();
  {
    Container container;
    container.provide<Clock>([&] { return kept = std::make_shared<Clock>(); }, {"clock.cpp", 3});
    container.seal();
    container.get<Clock>();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: Clock (clock.cpp:3) outlives its container: 1 std::shared_ptr still holds "
            "it.\n");
}

TEST(Lifetime, ReportsNothingWhereTheHoldersGoFirst) {
  struct Holder {
    std::shared_ptr<Disk> disk;
  };
  Diary diary;
  std::vector<std::string> reports;
  const auto shared = std::make_shared<Cache>(diary);
  {
    Container container;
    container.report_to([&](const std::string& problem) { reports.push_back(problem); });
    container.provide<Disk>([&] { return Disk(diary); });
    container.decorate<Disk>(
        [&](std::shared_ptr<Disk> inner) { return std::shared_ptr<Disk>(std::move(inner)); });
    container.provide<Holder>([](std::shared_ptr<Disk> disk) { return Holder{std::move(disk)}; });
    container.instance<Cache>(shared);
    container.provide<Server>([&](Cache&) { return Server(diary); });
    container.seal();
    container.get<Holder>();
    container.get<Server>();
  }
  EXPECT_THAT(reports, IsEmpty());
}

TEST(Lifetime, RefusesALazyAfterTheEndOfItsContainer) {
  Diary diary;
  std::optional<Lazy<Disk>> lazy;
  std::optional<Lazy<Cache>> used;
  {
    Container container;
    container.provide<Disk>([&] { return Disk(diary); });
    container.provide<Cache>([&] { return Cache(diary); });
    container.seal();
    lazy = container.lazy<Disk>();
    used = container.lazy<Cache>();
    used->get();
  }
  EXPECT_THROW(lazy->get(), InternalError);
  EXPECT_THROW(used->get(), InternalError);
}

TEST(Lifetime, RefusesAFactoryAfterTheEndOfItsContainer) {
  struct Holder {
    Factory<Disk> disks;
  };
  Diary diary;
  std::shared_ptr<Holder> kept;
  {
    Container container;
    container.report_to([](const std::string&) {});
    container.provide<Disk>([&] { return Disk(diary); }).transient();
    container.provide<Holder>([](Factory<Disk> disks) { return Holder{std::move(disks)}; })
        .transient();
    container.seal();
    kept = container.make<Holder>();
  }
  EXPECT_THROW(kept->disks(), InternalError);
}

TEST(Lifetime, OfAllMembersOfACollectionIsTheContainers) {
  Diary diary;
  {
    Container container;
    container.collect<Disk>([&] { return Disk(diary, "first"); });
    container.collect<Disk>([&](Cache&) { return Disk(diary, "second"); });
    container.provide<Cache>([&] { return Cache(diary); });
    container.seal();
    EXPECT_EQ(container.all<Disk>().size(), 2U);
    EXPECT_EQ(container.all<Disk>().size(), 2U);
  }
  EXPECT_THAT(diary, ElementsAre("+first", "+cache", "+second", "-second", "-cache", "-first"));
}

}  // namespace
}  // namespace roux
