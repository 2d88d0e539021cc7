#include "roux/nn/projection.h"

#include <ATen/ops/linear.h>

#include <utility>

#include "nn/walk.h"
#include "roux/base/error.h"

namespace roux::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool bias, Init weight_init) {
  parameter(weight_, "weight", {out_features, in_features}, weight_init);
  if (bias) parameter(bias_, "bias", {out_features}, Init::zeros());
}

at::Tensor Linear::forward(const at::Tensor& x) {
  return at::linear(x, weight_, bias_);
}

ProjectionSlot::ProjectionSlot(Module& owner, std::string name,
                               std::shared_ptr<Projection> projection)
    : owner_(owner), name_(std::move(name)), projection_(std::move(projection)) {
  owner_.register_module(name_, projection_);
  owner_.slots_.push_back(this);
}

std::shared_ptr<Projection> ProjectionSlot::replace(std::shared_ptr<Projection> projection) {
  require(projection->in_features() == projection_->in_features() &&
              projection->out_features() == projection_->out_features(),
          cat("ProjectionSlot::replace: ", name_, " is ", projection_->in_features(), " x ",
              projection_->out_features(), ", and what replaces it is ", projection->in_features(),
              " x ", projection->out_features()));
  owner_.replace_module(name_, projection);
  return std::exchange(projection_, std::move(projection));
}

std::vector<SlotPlace> projection_slots(const torch::nn::Module& root) {
  std::vector<SlotPlace> places;
  walk(root, "", [&](const torch::nn::Module& module, const std::string& path) {
    const auto* ours = dynamic_cast<const Module*>(&module);
    if (ours == nullptr) return;
    for (ProjectionSlot* slot : ours->slots()) {
      places.push_back({path.empty() ? slot->name() : path + '.' + slot->name(), slot});
    }
  });
  return places;
}

}  // namespace roux::nn
