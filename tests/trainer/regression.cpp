#include "trainer/regression.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mv.h>

#include "support/tensors.h"

namespace roux {
namespace {

at::Tensor loss_of(const Weights& weights, const Points& batch) {
  const at::Tensor& weight = weights.weight();
  const at::Tensor guess = at::mv(batch.x.to(weight.scalar_type()), weight).to(at::kFloat);
  return (guess - batch.y).square().sum();
}

}  // namespace

Weights::Weights() {
  parameter(weight_, "weight", {8}, nn::Init::normal(1.0));
}

BatchLoss SquaredError::process_batch(const Points& batch, MetricBag& metrics) {
  at::Tensor loss = loss_of(weights_, batch);
  if (change_) loss = change_(batches_, loss);
  ++batches_;
  const std::int64_t count = batch.y.size(0);
  metrics.add_mean("loss", loss.detach(), static_cast<double>(count));
  metrics.add_count("num_elements", static_cast<double>(count));
  return {loss, count};
}

void ErrorOnAll::process_batch(const Points& batch, MetricBag& metrics) {
  metrics.add_mean("loss", loss_of(weights_, batch), static_cast<double>(batch.y.size(0)));
}

void PointReader::begin_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  next_ = 0;
}

std::vector<Points> PointReader::next_step() {
  std::vector<Points> batches;
  if (next_ == steps_) return batches;
  for (std::int64_t i = 0; i < batches_; ++i) {
    const std::int64_t number = (epoch_ * steps_ + next_) * batches_ + i;
    const at::Tensor x =
        random_tensor({1 + number % 4, 8}, static_cast<std::uint64_t>(number), at::kFloat);
    batches.push_back({x, 3.0 * x.sum(1)});
  }
  ++next_;
  return batches;
}

BatchReader<Points>::Places PointReader::save() const {
  return {{"data/place", std::to_string(epoch_) + " " + std::to_string(next_)}};
}

void PointReader::load(const Places& places) {
  const std::string& place = places.at("data/place");
  epoch_ = std::stoll(place);
  next_ = std::stoll(place.substr(place.find(' ')));
}

}  // namespace roux
