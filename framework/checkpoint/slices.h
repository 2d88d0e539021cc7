#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "roux/checkpoint/checkpoint.h"

namespace roux::checkpoint {

// The number of elements; nullopt if an extent is negative, or the elements that are not empty
// could not be counted.
std::optional<std::int64_t> count_of(std::span<const std::int64_t> shape);

// The slice that is all of a tensor.
CheckpointSlice whole(std::span<const std::int64_t> shape);

inline std::int64_t count_of(const CheckpointSlice& slice) {
  return slice.last - slice.first;
}

// Why it can be no slice of a tensor of its shape, or "".
std::string problem_of(const CheckpointSlice& slice);

// Elements that follow each other in the whole tensor as in the slice.
struct Run {
  std::int64_t global = 0;  // the first one's number in the tensor, in row-major order
  std::int64_t local = 0;   // and in the slice
  std::int64_t count = 0;
};

// The runs of a slice, in order: both numbers only grow. Few where a slice is wide.
class Runs {
 public:
  // Requires: the slice has no problem, and lives as long.
  explicit Runs(const CheckpointSlice& slice);

  // False at the end.
  bool next(Run& run);

 private:
  std::int64_t global_of_row(std::int64_t row) const;

  const CheckpointSlice& slice_;
  std::vector<std::int64_t> strides_;
  std::size_t outer_ = 0;  // dimensions that the rows are counted over
  std::int64_t row_length_ = 1;
  std::int64_t at_ = 0;  // element of the box
};

// Calls `visit` with what two slices of one tensor share: where it begins in each, and how many
// elements. In order.
void intersect(
    const CheckpointSlice& a, const CheckpointSlice& b,
    const std::function<void(std::int64_t in_a, std::int64_t in_b, std::int64_t count)>& visit);

}  // namespace roux::checkpoint
