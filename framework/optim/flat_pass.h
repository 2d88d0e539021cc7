#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "optim/kernels/table.h"
#include "optim/parameter_groups.h"
#include "roux/nn/flat_parameters.h"

namespace roux {

// The number of how a dtype lies in memory. Throws InternalError for one that isn't floating.
ops::Stored stored_as(at::ScalarType dtype);

// The dtype that numbers of `exact` are computed in, and their states kept: float64, or float32.
at::ScalarType computed_in(at::ScalarType exact);

// Of a flat group's exact values, whether there are any yet or not.
at::ScalarType exact_dtype(const nn::FlatGroup& group);

// The kernels for this CPU.
template <typename T>
const ops::OptimizerKernels<T>& optimizer_kernels_of();
template <>
const ops::OptimizerKernels<float>& optimizer_kernels_of<float>();
template <>
const ops::OptimizerKernels<double>& optimizer_kernels_of<double>();

// Calls body(begin, end) for parts of [0, count) on the threads.
void on_threads(std::int64_t count, std::int64_t least_a_thread,
                const std::function<void(std::int64_t begin, std::int64_t end)>& body);

// Numbers of a part of a flat group that are worked on at once: they stay in the core's cache from
// one loop to the next. Parts begin at multiples of it from their segment's begin, so that the bits
// don't depend on the number of threads.
inline constexpr std::int64_t kPart = 2048;

// Where the numbers of one flat group lie during a step.
struct FlatMemory {
  std::byte* exact = nullptr;
  ops::Stored exact_as = ops::Stored::Float32;
  std::byte* rounded = nullptr;  // null: there are no masters
  ops::Stored rounded_as = ops::Stored::Float32;
  const std::byte* gradients = nullptr;
  ops::Stored gradients_as = ops::Stored::Float32;
  std::uint64_t first = 0;  // its first element's index among all of the model's
};

// The memory of each flat group as it is now; of one that isn't trained nothing. Throws
// InternalError where there is no CPU memory.
std::vector<FlatMemory> memory_of(const nn::FlatParameters& parameters);

// Rounds bfloat16 by chance: the key of a step's stream. Unset: to the nearest.
using Chance = std::optional<std::uint64_t>;

// At most kPart numbers of a flat group as T, on one thread: a copy, or where they lie if that is
// how they lie.
template <typename T>
class Part {
 public:
  Part(const FlatMemory& memory, std::int64_t begin, std::int64_t count);

  T* values() { return values_; }
  const T* gradients() const { return gradients_; }
  std::int64_t count() const { return count_; }

  // Writes the values back, and their rounded copies.
  void store(const Chance& chance);

 private:
  const FlatMemory& memory_;
  std::int64_t begin_;
  std::int64_t count_;
  T* values_;
  const T* gradients_;
  T value_space_[kPart];
  T gradient_space_[kPart];
};

// Calls update(index, begin, part) for all parts of all segments, on the threads, and stores the
// part. `index` is its segment's, `begin` its first element in the flat group's buffers.
template <typename T, typename Update>
void for_parts(const std::vector<FlatMemory>& memory, std::span<const Segment> segments,
               const Chance& chance, const Update& update) {
  std::vector<std::int64_t> parts_before{0};
  for (const Segment& segment : segments) {
    parts_before.push_back(parts_before.back() + (segment.end - segment.begin + kPart - 1) / kPart);
  }
  on_threads(parts_before.back(), 8, [&](std::int64_t first, std::int64_t last) {
    auto found = std::upper_bound(parts_before.begin(), parts_before.end(), first);
    auto index = static_cast<std::size_t>(found - parts_before.begin()) - 1;
    for (std::int64_t number = first; number < last; ++number) {
      while (number >= parts_before[index + 1]) ++index;
      const Segment& segment = segments[index];
      const std::int64_t begin = segment.begin + (number - parts_before[index]) * kPart;
      Part<T> part(memory[segment.buffer], begin, std::min(kPart, segment.end - begin));
      update(index, begin, part);
      part.store(chance);
    }
  });
}

}  // namespace roux
