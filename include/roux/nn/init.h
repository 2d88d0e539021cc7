#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "roux/base/random.h"

namespace roux::nn {

// How a parameter gets its first values. Element i depends on the stream and on i alone, so that
// a model starts the same whatever the order of its parts, the number of threads or the number of
// ranks that hold a slice each.
class Init {
 public:
  static Init zeros() { return Init(Kind::Constant, 0.0, 0.0); }
  static Init ones() { return Init(Kind::Constant, 1.0, 0.0); }
  static Init constant(double value) { return Init(Kind::Constant, value, 0.0); }
  static Init normal(double deviation, double mean = 0.0) {
    return Init(Kind::Normal, mean, deviation);
  }
  static Init uniform(double low, double high) { return Init(Kind::Uniform, low, high); }

  // Fills `part`, contiguous, on the CPU and of a floating dtype: elements `first_element` and on
  // of the whole parameter.
  void fill(const at::Tensor& part, const RandomStream& stream,
            std::int64_t first_element = 0) const;

 private:
  enum class Kind { Constant, Normal, Uniform };

  Init(Kind kind, double first, double second) : kind_(kind), first_(first), second_(second) {}

  Kind kind_;
  double first_;   // the value, the mean, or the lower end
  double second_;  // the deviation, or the upper end
};

}  // namespace roux::nn
