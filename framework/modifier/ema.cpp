#include "roux/modifier/ema.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "roux/base/error.h"

namespace roux {
namespace {

class Ema final : public Modifier {
 public:
  explicit Ema(const EmaConfig& config) : config_(config) {}

  void parameters_ready(nn::FlatParameters& parameters) override {
    parameters_ = &parameters;
    averages_.clear();
    for (const nn::FlatGroup* group : trained()) {
      // A small share of the difference would be rounded away in bfloat16.
      const at::ScalarType wide = at::promoteTypes(group->exact().scalar_type(), at::kFloat);
      averages_.push_back({group->exact().to(wide, /*non_blocking=*/false, /*copy=*/true), {}});
    }
  }

  void step_ends(std::int64_t step, bool skipped) override {
    if (skipped) return;
    double decay = config_.decay;
    if (config_.warmup) {
      const auto taken = static_cast<double>(step + 1);
      decay = std::min(decay, taken / (taken + 9.0));
    }
    const at::NoGradGuard no_gradients;
    const auto groups = trained();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const at::Tensor& average = averages_[i].value;
      average.lerp_(groups[i]->exact().to(average.scalar_type()), 1.0 - decay);
    }
  }

  void use_begins() override { exchange(/*begins=*/true); }
  void use_ends() override { exchange(/*begins=*/false); }

  std::vector<ModifierTensor> state() override {
    std::vector<ModifierTensor> state;
    const auto groups = trained();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (const nn::FlatEntry& entry : groups[i]->entries) {
        state.push_back({cat(kUsedPrefix, entry.name), nn::entry_of(averages_[i].value, entry)});
      }
    }
    return state;
  }

 private:
  struct Average {
    at::Tensor value;
    at::Tensor learned;  // while the average, rounded, stands in its place
  };

  std::vector<const nn::FlatGroup*> trained() const {
    require(parameters_ != nullptr, "Ema: the parameters are not there yet");
    std::vector<const nn::FlatGroup*> groups;
    for (const nn::FlatGroup& group : parameters_->groups()) {
      if (group.trainable) groups.push_back(&group);
    }
    return groups;
  }

  // What is trained and its average change places: of one dtype without more memory.
  void exchange(bool begins) {
    const at::NoGradGuard no_gradients;
    const auto groups = trained();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      Average& average = averages_[i];
      const at::Tensor exact = groups[i]->exact();
      if (exact.scalar_type() == average.value.scalar_type()) {
        const at::Tensor before = exact.clone();
        exact.copy_(average.value);
        average.value.copy_(before);
      } else if (begins) {
        average.learned = exact.clone();
        exact.copy_(average.value);
      } else {
        exact.copy_(std::exchange(average.learned, {}));
      }
    }
    parameters_->round_masters();
  }

  EmaConfig config_;
  nn::FlatParameters* parameters_ = nullptr;
  std::vector<Average> averages_;  // of each group that is trained
};

}  // namespace

void EmaConfig::describe(config::Fields<EmaConfig>& field) {
  field("decay", &EmaConfig::decay, "What is left of the average at each step.")
      .at_least(0)
      .less_than(1);
  field("warmup", &EmaConfig::warmup,
        "Forget faster at first: no more is left than step / (step + 9).");
}

std::unique_ptr<Modifier> make_ema(const EmaConfig& config) {
  return std::make_unique<Ema>(config);
}

}  // namespace roux
