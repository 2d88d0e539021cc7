#include "checkpoint/slices.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/model/safetensors.h"

namespace roux::checkpoint {

std::optional<std::int64_t> count_of(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  bool is_empty = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) {
      is_empty = true;  // the others must be countable all the same: strides are their products
    } else if (__builtin_mul_overflow(count, extent, &count)) {
      return std::nullopt;
    }
  }
  return is_empty ? 0 : count;
}

CheckpointSlice whole(std::span<const std::int64_t> shape) {
  const auto count = count_of(shape);
  require(count.has_value(), cat("a tensor can't have the shape ", shape_text(shape)));
  return {.shape = {shape.begin(), shape.end()},
          .begin = std::vector<std::int64_t>(shape.size(), 0),
          .extent = {shape.begin(), shape.end()},
          .first = 0,
          .last = *count};
}

std::string problem_of(const CheckpointSlice& slice) {
  if (!count_of(slice.shape)) return cat("no tensor has the shape ", shape_text(slice.shape));
  if (slice.begin.size() != slice.shape.size() || slice.extent.size() != slice.shape.size()) {
    return cat("its box must have ", slice.shape.size(), " dimensions, as the tensor has");
  }
  for (std::size_t i = 0; i < slice.shape.size(); ++i) {
    if (slice.begin[i] < 0 || slice.extent[i] < 0 || slice.begin[i] > slice.shape[i] ||
        slice.extent[i] > slice.shape[i] - slice.begin[i]) {
      return cat("its box ", shape_text(slice.extent), " at ", shape_text(slice.begin),
                 " must lie in the tensor's shape ", shape_text(slice.shape));
    }
  }
  // Cannot overflow: the box is no larger than the tensor.
  const std::int64_t box = *count_of(slice.extent);
  if (slice.first < 0 || slice.last < slice.first || slice.last > box) {
    return cat("its elements from ", slice.first, " up to ", slice.last, " must lie in its box of ",
               box);
  }
  return "";
}

Runs::Runs(const CheckpointSlice& slice)
    : slice_(slice), strides_(slice.shape.size(), 1), at_(slice.first) {
  for (std::size_t i = strides_.size(); i > 1; --i) {
    strides_[i - 2] = strides_[i - 1] * slice.shape[i - 1];
  }
  // A row goes on over the dimensions that the box takes whole, and the one before them.
  outer_ = slice.shape.size();
  while (outer_ > 0) {
    --outer_;
    row_length_ *= slice.extent[outer_];
    if (slice.extent[outer_] != slice.shape[outer_]) break;
  }
}

std::int64_t Runs::global_of_row(std::int64_t row) const {
  std::int64_t global = 0;
  for (std::size_t i = slice_.shape.size(); i-- > 0;) {
    std::int64_t index = slice_.begin[i];
    if (i < outer_) {
      index += row % slice_.extent[i];
      row /= slice_.extent[i];
    }
    global += index * strides_[i];
  }
  return global;
}

bool Runs::next(Run& run) {
  if (at_ >= slice_.last) return false;
  const std::int64_t row = at_ / row_length_;
  const std::int64_t in_row = at_ % row_length_;
  run.global = global_of_row(row) + in_row;
  run.local = at_ - slice_.first;
  run.count = std::min(row_length_ - in_row, slice_.last - at_);
  at_ += run.count;
  return true;
}

void intersect(const CheckpointSlice& a, const CheckpointSlice& b,
               const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& visit) {
  Runs runs_a(a);
  Runs runs_b(b);
  Run in_a;
  Run in_b;
  bool more = runs_a.next(in_a) && runs_b.next(in_b);
  while (more) {
    const std::int64_t begin = std::max(in_a.global, in_b.global);
    const std::int64_t end_a = in_a.global + in_a.count;
    const std::int64_t end_b = in_b.global + in_b.count;
    const std::int64_t end = std::min(end_a, end_b);
    if (begin < end) {
      visit(in_a.local + begin - in_a.global, in_b.local + begin - in_b.global, end - begin);
    }
    more = end_a <= end_b ? runs_a.next(in_a) : runs_b.next(in_b);
  }
}

}  // namespace roux::checkpoint
