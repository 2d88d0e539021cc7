#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/nn/slot.h"

namespace roux::nn {

// The same matrix multiply of each expert of a layer, with weights of its own, and whatever stands
// in for them. One for all experts, since their rows come sorted: a loop over single projections
// would cost a call and a copy for each.
class ExpertProjection : public Module {
 public:
  // rows: [rows, in features], of which expert e has [offsets[e], offsets[e + 1]), maybe none
  // -> [rows, out features].
  virtual at::Tensor forward(const at::Tensor& rows, const std::vector<std::int64_t>& offsets) = 0;

  virtual std::int64_t experts() const = 0;
  virtual std::int64_t in_features() const = 0;
  virtual std::int64_t out_features() const = 0;

  // "8 experts of 3 x 2": what has another doesn't fit the slot.
  std::string shape() const;

  // [experts, out, in], if forward() multiplies each expert's rows by its own and does no more.
  virtual std::optional<at::Tensor> dense() const { return std::nullopt; }
};

class StackedLinear final : public ExpertProjection {
 public:
  StackedLinear(std::int64_t experts, std::int64_t in_features, std::int64_t out_features,
                Init weight_init = Init::normal(0.02));

  at::Tensor forward(const at::Tensor& rows, const std::vector<std::int64_t>& offsets) override;
  std::int64_t experts() const override { return weight_.size(0); }
  std::int64_t in_features() const override { return weight_.size(2); }
  std::int64_t out_features() const override { return weight_.size(1); }
  std::optional<at::Tensor> dense() const override { return weight_; }

 private:
  at::Tensor weight_;  // [experts, out, in]
};

using ExpertSlot = Slot<ExpertProjection>;

}  // namespace roux::nn
