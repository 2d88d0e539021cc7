#include "checkpoint/slices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace roux::checkpoint {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The number in the tensor of each element of a slice: by the definition, element by element.
std::vector<std::int64_t> numbers_of(const CheckpointSlice& slice) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t element = slice.first; element < slice.last; ++element) {
    std::int64_t rest = element;
    std::int64_t number = 0;
    std::int64_t stride = 1;
    for (std::size_t i = slice.shape.size(); i-- > 0;) {
      number += (slice.begin[i] + rest % slice.extent[i]) * stride;
      rest /= slice.extent[i];
      stride *= slice.shape[i];
    }
    numbers.push_back(number);
  }
  return numbers;
}

class RandomSlices {
 public:
  explicit RandomSlices(std::uint64_t seed) : random_(seed) {}

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(below(4)));
    for (auto& extent : shape) extent = below(6);
    return shape;
  }
  CheckpointSlice slice(const std::vector<std::int64_t>& shape) {
    CheckpointSlice slice = whole(shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (below(2) == 0) continue;
      slice.begin[i] = below(shape[i] + 1);
      slice.extent[i] = below(shape[i] - slice.begin[i] + 1);
    }
    const auto box = *count_of(slice.extent);
    slice.first = below(2) == 0 ? 0 : below(box + 1);
    slice.last = below(2) == 0 ? box : slice.first + below(box - slice.first + 1);
    return slice;
  }

 private:
  std::mt19937_64 random_;
};

TEST(Slices, HaveRunsThatAreTheirElementsInOrder) {
  RandomSlices random(1);
  for (int i = 0; i < 5000; ++i) {
    const auto slice = random.slice(random.shape());
    ASSERT_THAT(problem_of(slice), IsEmpty());
    std::vector<std::int64_t> numbers;
    Runs runs(slice);
    for (checkpoint::Run run; runs.next(run);) {
      EXPECT_EQ(run.local, std::ssize(numbers));
      for (std::int64_t k = 0; k < run.count; ++k) numbers.push_back(run.global + k);
    }
    ASSERT_EQ(numbers, numbers_of(slice)) << "slice " << i;
  }
}

TEST(Slices, ShareWhatIsInBoth) {
  RandomSlices random(2);
  for (int i = 0; i < 5000; ++i) {
    const auto shape = random.shape();
    const auto a = random.slice(shape);
    const auto b = random.slice(shape);
    std::map<std::int64_t, std::int64_t> in_b;
    for (const auto number : numbers_of(b)) in_b.emplace(number, std::ssize(in_b));
    std::map<std::int64_t, std::int64_t> expected;
    std::int64_t place = 0;
    for (const auto number : numbers_of(a)) {
      if (in_b.contains(number)) expected[place] = in_b[number];
      ++place;
    }

    std::map<std::int64_t, std::int64_t> shared;
    intersect(a, b, [&](std::int64_t at_a, std::int64_t at_b, std::int64_t count) {
      EXPECT_GT(count, 0);
      for (std::int64_t k = 0; k < count; ++k)
        EXPECT_TRUE(shared.emplace(at_a + k, at_b + k).second);
    });

    ASSERT_EQ(shared, expected) << "slices " << i;
  }
}

TEST(Slices, TakeAWholeTensorAsOneRunAndRowsOfABoxAsOneEach) {
  const auto count_runs = [](const CheckpointSlice& slice) {
    int count = 0;
    Runs runs(slice);
    for (checkpoint::Run run; runs.next(run);) ++count;
    return count;
  };
  EXPECT_EQ(count_runs(whole(std::vector<std::int64_t>{30, 40, 50})), 1);
  EXPECT_EQ(count_runs({{30, 40}, {10, 0}, {5, 40}, 0, 200}), 1);
  EXPECT_EQ(count_runs({{30, 40}, {10, 1}, {5, 39}, 0, 195}), 5);
  EXPECT_EQ(count_runs({{30, 40}, {10, 1}, {5, 39}, 39, 78}), 1);
}

TEST(Slices, AreRefusedWhereTheyLieOutside) {
  EXPECT_THAT(problem_of({{4, 4}, {0, 2}, {4, 3}, 0, 12}), HasSubstr("[4, 3] at [0, 2]"));
  EXPECT_THAT(problem_of({{4, 4}, {0}, {4}, 0, 4}), HasSubstr("2 dimensions"));
  EXPECT_THAT(problem_of({{4, 4}, {0, 0}, {2, 2}, 0, 5}), HasSubstr("up to 5"));
  EXPECT_THAT(problem_of({{4, 4}, {0, 0}, {2, 2}, 3, 2}), HasSubstr("from 3"));
  EXPECT_THAT(problem_of({{-1, 4}, {0, 0}, {0, 0}, 0, 0}), HasSubstr("shape [-1, 4]"));
  EXPECT_THAT(problem_of({{std::int64_t{1} << 40, std::int64_t{1} << 40}, {0, 0}, {1, 1}, 0, 1}),
              HasSubstr("no tensor"));
}

}  // namespace
}  // namespace roux::checkpoint
