#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "roux/nn/module.h"
#include "roux/trainer/batch_reader.h"
#include "roux/trainer/train_unit.h"

namespace roux {

// The smallest thing that can be trained: weights w, and points whose y is 3 times the sum of x.
struct Points {
  at::Tensor x;  // [count, 8]
  at::Tensor y;  // [count]
};

class Weights final : public nn::Module {
 public:
  Weights();
  const at::Tensor& weight() const { return weight_; }

 private:
  at::Tensor weight_;
};

class SquaredError final : public TrainUnit<Points> {
 public:
  // `change` may change the loss of a batch, counted from 0.
  using Change = std::function<at::Tensor(std::int64_t batch, const at::Tensor& loss)>;
  explicit SquaredError(const Weights& weights, Change change = {})
      : weights_(weights), change_(std::move(change)) {}

  BatchLoss process_batch(const Points& batch, MetricBag& metrics) override;

 private:
  const Weights& weights_;
  Change change_;
  std::int64_t batches_ = 0;
};

class ErrorOnAll final : public EvalUnit<Points> {
 public:
  explicit ErrorOnAll(const Weights& weights) : weights_(weights) {}
  void process_batch(const Points& batch, MetricBag& metrics) override;

 private:
  const Weights& weights_;
};

// So many steps an epoch, of so many batches with 1 to 4 points each.
class PointReader final : public BatchReader<Points> {
 public:
  explicit PointReader(std::int64_t steps, std::int64_t batches = 1)
      : steps_(steps), batches_(batches) {}

  void begin_epoch(std::int64_t epoch) override;
  std::vector<Points> next_step() override;
  Places save() const override;
  void load(const Places& places) override;

 private:
  std::int64_t steps_;
  std::int64_t batches_;
  std::int64_t epoch_ = 0;
  std::int64_t next_ = 0;
};

}  // namespace roux
