// Many threads at a sealed container; run under the thread sanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "roux/base/error.h"
#include "roux/di/container.h"

namespace roux {
namespace {

using di::Container;
using di::Factory;
using di::Lazy;

constexpr int kThreads = 8;

// Runs `work` in that many threads that start together; the argument is the thread's number.
void in_threads(const std::function<void(int)>& work) {
  std::latch start(kThreads);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
}

struct Disk {
  int number;
};
struct Cache {
  Disk* disk;
};
struct Left;
struct Right;

TEST(Concurrency, BuildsASingletonOnce) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> disks = 0;
    std::atomic<int> caches = 0;
    Container container;
    container.provide<Disk>([&] { return Disk{++disks}; });
    container.provide<Cache>([&](Disk& disk) { return ++caches, Cache{&disk}; });
    container.seal();

    std::vector<int> seen(kThreads);
    in_threads([&](int i) {
      seen[static_cast<std::size_t>(i)] =
          i % 2 == 0 ? container.get<Cache>().disk->number : container.get<Disk>().number;
    });

    EXPECT_EQ(seen, std::vector<int>(kThreads, 1));
    EXPECT_EQ(caches, 1);
  }
}

TEST(Concurrency, SharesOneTransientAmongTheUsersOfALazy) {
  for (int round = 0; round < 50; ++round) {
    int disks = 0;
    Container container;
    container.provide<Disk>([&] { return Disk{++disks}; }).transient();
    container.seal();
    const Lazy<Disk> lazy = container.lazy<Disk>();

    in_threads([&](int) { EXPECT_EQ(lazy->number, 1); });

    EXPECT_EQ(disks, 1);
  }
}

TEST(Concurrency, MakesTransientsFromManyThreads) {
  int disks = 0;  // no atomic: the container builds one at a time
  Container container;
  container.provide<Disk>([&] { return Disk{++disks}; }).transient();
  container.provide<Cache>([](Disk& disk) { return Cache{&disk}; }).transient();
  container.seal();

  in_threads([&](int) {
    for (int i = 0; i < 100; ++i) EXPECT_GT(container.make<Cache>()->disk->number, 0);
  });

  EXPECT_EQ(disks, 100 * kThreads);
}

struct Left {
  Lazy<Right> other;
};
struct Right {
  Lazy<Left> other;
};

// With a lock for each object, one thread would hold Left and want Right, another the reverse.
TEST(Concurrency, HasNoOrderOfLocksToGetWrong) {
  struct A {};
  struct B {};
  struct Shared {};
  for (int round = 0; round < 50; ++round) {
    Container container;
    container.provide<Shared>([] { return Shared(); });
    container.provide<A>([](Lazy<Shared> shared, Lazy<Right> right) {
      shared.get();
      right.get();
      return A();
    });
    container.provide<B>([](Lazy<Left> left, Lazy<Shared> shared) {
      left.get();
      shared.get();
      return B();
    });
    container.provide<Left>([](Lazy<Right> right) { return Left{right}; });
    container.provide<Right>([](Lazy<Left> left) { return Right{left}; });
    container.seal();

    in_threads([&](int i) {
      if (i % 2 == 0) {
        container.get<A>();
        container.get<Left>().other.get();
      } else {
        container.get<B>();
        container.get<Right>().other.get();
      }
    });

    EXPECT_EQ(&container.get<Left>().other->other.get(), &container.get<Left>());
  }
}

TEST(Concurrency, BuildsAgainInAnotherThreadWhatFailedInOne) {
  std::atomic<int> failed = 0;
  int attempts = 0;
  Container container;
  container.provide<Disk>([&] {
    if (++attempts <= 3) throw Error("not yet");
    return Disk{attempts};
  });
  container.seal();

  in_threads([&](int) {
    try {
      EXPECT_EQ(container.get<Disk>().number, 4);
    } catch (const Error&) {
      ++failed;
    }
  });

  EXPECT_EQ(failed, 3);
  EXPECT_EQ(attempts, 4);
}

TEST(Concurrency, LetsThreadsHaveChildrenOfOneParent) {
  Container parent;
  std::atomic<int> disks = 0;
  parent.provide<Disk>([&] { return Disk{++disks}; });
  parent.seal();

  in_threads([&](int) {
    Container child = parent.child();
    child.provide<Cache>([](Disk& disk) { return Cache{&disk}; });
    child.seal();
    EXPECT_EQ(child.get<Cache>().disk->number, 1);
  });

  EXPECT_EQ(disks, 1);
}

TEST(Concurrency, HandsOutSharedPointersFromManyThreads) {
  struct Holder {
    std::shared_ptr<Disk> disk;
  };
  Container container;
  container.provide<Disk>([] { return Disk{1}; });
  container.provide<Holder>([](std::shared_ptr<Disk> disk) { return Holder{disk}; }).transient();
  container.seal();

  in_threads([&](int) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(container.make<Holder>()->disk->number, 1);
  });
}

}  // namespace
}  // namespace roux
