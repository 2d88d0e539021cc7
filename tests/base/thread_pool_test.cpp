#include "roux/base/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

ThreadPoolConfig threads(int number) {
  ThreadPoolConfig config;
  config.num_threads = number;
  return config;
}

TEST(ThreadPool, GivesTheResultOfTheWork) {
  ThreadPool pool(threads(2));

  std::future<int> number = pool.submit([] { return 42; });
  std::future<std::unique_ptr<int>> moved =
      pool.submit([value = std::make_unique<int>(7)]() mutable { return std::move(value); });

  EXPECT_EQ(number.get(), 42);
  EXPECT_EQ(*moved.get(), 7);
}

TEST(ThreadPool, GivesTheExceptionOfTheWork) {
  ThreadPool pool(threads(1));

  std::future<void> failing = pool.submit([] { throw Error("disk full"); });
  std::future<int> next = pool.submit([] { return 1; });

  EXPECT_THROW(failing.get(), Error);
  EXPECT_EQ(next.get(), 1);
}

TEST(ThreadPool, RunsAsMuchAtOnceAsItHasThreads) {
  ThreadPool pool(threads(3));
  std::latch all_are_here(3);

  std::vector<std::future<void>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(pool.submit([&] { all_are_here.arrive_and_wait(); }));
  }

  for (auto& each : waiting) each.get();  // would hang with two threads
  EXPECT_EQ(pool.num_threads(), 3);
}

TEST(ThreadPool, TakesWorkInTheOrderInWhichItCame) {
  std::vector<int> order;
  {
    ThreadPool pool(threads(1));
    for (int i = 0; i < 5; ++i) pool.submit([&order, i] { order.push_back(i); });
  }

  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(ThreadPool, FinishesAllWorkBeforeItGoes) {
  std::atomic<int> done = 0;
  std::latch gate(1);
  {
    ThreadPool pool(threads(2));
    for (int i = 0; i < 100; ++i) {
      pool.submit([&] {
        gate.wait();
        pool.submit([&] { ++done; });  // work that is submitted while the pool goes
        ++done;
      });
    }
    gate.count_down();
  }

  EXPECT_EQ(done, 200);
}

TEST(ThreadPool, StartsAndNamesEachThread) {
  std::mutex mutex;
  std::set<int> started;
  ThreadPoolConfig config = threads(2);
  config.name = "a very long name";
  config.on_start = [&](int index) {
    const std::lock_guard lock(mutex);
    started.insert(index);
  };
  std::string name;
  {
    ThreadPool pool(config);
    name = pool.submit([] {
                 std::array<char, 16> text{};
                 pthread_getname_np(pthread_self(), text.data(), text.size());
                 return std::string(text.data());
               })
               .get();
  }

  EXPECT_THAT(started, ElementsAre(0, 1));
  EXPECT_THAT(name, ::testing::MatchesRegex("a very long n/[01]"));
}

TEST(ThreadPool, HasAThreadForEachCoreUnlessTold) {
  EXPECT_GE(ThreadPool().num_threads(), 1);
  EXPECT_THROW(ThreadPool(threads(-1)), InternalError);
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  ThreadPool pool(threads(3));
  std::vector<std::atomic<int>> visits(1000);

  pool.parallel_for(0, 1000, 7, [&](std::int64_t first, std::int64_t last) {
    EXPECT_LE(last - first, 7);
    for (; first < last; ++first) ++visits.at(static_cast<std::size_t>(first));
  });

  EXPECT_THAT(visits, Each(::testing::Eq(1)));
}

TEST(ParallelFor, StaysInItsRange) {
  ThreadPool pool(threads(2));
  std::mutex mutex;
  std::set<std::pair<std::int64_t, std::int64_t>> pieces;
  const auto note = [&](std::int64_t first, std::int64_t last) {
    const std::lock_guard lock(mutex);
    pieces.insert({first, last});
  };

  pool.parallel_for(-5, 2, 3, note);
  pool.parallel_for(4, 4, 3, note);
  pool.parallel_for(4, 3, 3, note);

  EXPECT_THAT(pieces, ElementsAre(std::pair(-5, -2), std::pair(-2, 1), std::pair(1, 2)));
}

TEST(ParallelFor, UsesTheCallerTooWhenAllThreadsAreBusy) {
  ThreadPool pool(threads(1));
  std::latch gate(1);
  std::future<void> busy = pool.submit([&] { gate.wait(); });
  std::int64_t sum = 0;

  pool.parallel_for(0, 10, 1, [&](std::int64_t i, std::int64_t) { sum += i; });

  EXPECT_EQ(sum, 45);
  gate.count_down();
}

TEST(ParallelFor, MayBeCalledFromTheThreadsOfThePool) {
  ThreadPool pool(threads(2));
  std::atomic<int> visits = 0;

  pool.parallel_for(0, 8, 1, [&](std::int64_t, std::int64_t) {
    pool.parallel_for(0, 8, 1, [&](std::int64_t, std::int64_t) { ++visits; });
  });

  EXPECT_EQ(visits, 64);
}

TEST(ParallelFor, ThrowsWhatThePieceThrewAndBeginsNoMore) {
  ThreadPool pool(threads(2));
  std::atomic<int> begun = 0;

  EXPECT_THROW(pool.parallel_for(0, 1'000'000, 1,
                                 [&](std::int64_t, std::int64_t) {
                                   ++begun;
                                   throw Error("no");
                                 }),
               Error);

  EXPECT_LE(begun, 3);  // one for each thread and one for the caller
}

TEST(ParallelFor, TakesAGrainOfZeroForABug) {
  ThreadPool pool(threads(1));

  EXPECT_THROW(pool.parallel_for(0, 1, 0, [](std::int64_t, std::int64_t) {}), InternalError);
}

}  // namespace
}  // namespace roux
