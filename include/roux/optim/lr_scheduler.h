#pragma once

#include <cstdint>
#include <vector>

namespace roux {

// How fast to learn at each step: a function of the step alone, so there is nothing to save.
class LrScheduler {
 public:
  virtual ~LrScheduler() = default;

  // The rate of each of the optimizer's groups at a step, counted from 0.
  virtual std::vector<double> lrs(std::int64_t step) const = 0;
};

}  // namespace roux
