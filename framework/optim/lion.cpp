#include <array>
#include <type_traits>

#include "optim/flat_optimizer.h"
#include "optim/segment_states.h"

namespace roux {
namespace {

struct LionSettings {
  std::array<double, 2> betas;
  double weight_decay;
};

std::vector<LionSettings> settings_of(const LionConfig& config) {
  std::vector<LionSettings> all;
  for (const LionGroupConfig& group : config.groups) {
    all.push_back(
        {group.betas.value_or(config.betas), group.weight_decay.value_or(config.weight_decay)});
  }
  all.push_back({config.betas, config.weight_decay});
  return all;
}

class Lion final : public FlatOptimizer {
 public:
  Lion(const LionConfig& config, const OptimizerParts& parts, const ParameterGroups& groups)
      : FlatOptimizer(parts, base_lrs_of(config, groups)),
        maximize_(config.maximize),
        settings_(settings_of(config)),
        states_(parts.parameters, segments_of(parts.parameters, groups), {"exp_avg"}) {}

 private:
  bool maximize() const override { return maximize_; }
  void allocate_states() override { states_.allocate(); }
  void list_states(std::vector<OptimizerState>& all) const override { states_.list(all); }

  void update(const Now& now) override {
    states_.for_each_part(
        now.memory, now.chance, [&](std::size_t index, std::int64_t begin, auto& part) {
          using T = std::remove_pointer_t<decltype(part.values())>;
          const std::size_t group = states_.segment(index).group;
          const LionSettings& settings = settings_[group];
          const double lr = now.step.lrs[group];
          optimizer_kernels_of<T>().lion(part.values(), part.gradients(),
                                         states_.at<T>(index, 0, begin), part.count(),
                                         {.gradient_scale = static_cast<T>(now.gradient_scale),
                                          .keep = static_cast<T>(1.0 - lr * settings.weight_decay),
                                          .beta1 = static_cast<T>(settings.betas[0]),
                                          .beta2 = static_cast<T>(settings.betas[1]),
                                          .lr = static_cast<T>(lr)});
        });
  }

  bool maximize_;
  std::vector<LionSettings> settings_;
  SegmentStates states_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lion(const LionConfig& config, const OptimizerParts& parts) {
  return std::make_unique<Lion>(config, parts,
                                group_parameters(parts.parameters, patterns_of(config.groups)));
}

}  // namespace roux
