#include <type_traits>

#include "optim/flat_optimizer.h"
#include "optim/segment_states.h"

namespace roux {
namespace {

struct SgdSettings {
  double momentum;
  double dampening;
  double weight_decay;
};

std::vector<SgdSettings> settings_of(const SgdConfig& config) {
  std::vector<SgdSettings> all;
  for (const SgdGroupConfig& group : config.groups) {
    all.push_back({group.momentum.value_or(config.momentum),
                   group.dampening.value_or(config.dampening),
                   group.weight_decay.value_or(config.weight_decay)});
  }
  all.push_back({config.momentum, config.dampening, config.weight_decay});
  return all;
}

class Sgd final : public FlatOptimizer {
 public:
  Sgd(const SgdConfig& config, const OptimizerParts& parts, const ParameterGroups& groups)
      : FlatOptimizer(parts, base_lrs_of(config, groups)),
        nesterov_(config.nesterov),
        maximize_(config.maximize),
        settings_(settings_of(config)),
        moving_(parts.parameters, segments(parts, groups, true), {"momentum_buffer"}),
        plain_(parts.parameters, segments(parts, groups, false), {}) {}

 private:
  // Those whose group has a momentum, or hasn't: only the former keep a state.
  std::vector<Segment> segments(const OptimizerParts& parts, const ParameterGroups& groups,
                                bool with_momentum) const {
    std::vector<Segment> chosen;
    for (const Segment& segment : segments_of(parts.parameters, groups)) {
      if ((settings_[segment.group].momentum > 0.0) == with_momentum) chosen.push_back(segment);
    }
    return chosen;
  }

  bool maximize() const override { return maximize_; }
  void allocate_states() override {
    moving_.allocate();
    plain_.allocate();
  }
  void list_states(std::vector<OptimizerState>& all) const override { moving_.list(all); }

  void update(const Now& now) override {
    update(now, moving_);
    update(now, plain_);
  }

  void update(const Now& now, const SegmentStates& states) const {
    states.for_each_part(
        now.memory, now.chance, [&](std::size_t index, std::int64_t begin, auto& part) {
          using T = std::remove_pointer_t<decltype(part.values())>;
          const std::size_t group = states.segment(index).group;
          const SgdSettings& settings = settings_[group];
          // As PyTorch has it: the first gradient is taken whole.
          const double added = now.count == 1.0 ? 1.0 : 1.0 - settings.dampening;
          T* momenta = settings.momentum > 0.0 ? states.template at<T>(index, 0, begin) : nullptr;
          optimizer_kernels_of<T>().sgd(part.values(), part.gradients(), momenta, part.count(),
                                        {.gradient_scale = static_cast<T>(now.gradient_scale),
                                         .weight_decay = static_cast<T>(settings.weight_decay),
                                         .momentum = static_cast<T>(settings.momentum),
                                         .added = static_cast<T>(added),
                                         .lr = static_cast<T>(now.step.lrs[group]),
                                         .nesterov = nesterov_});
        });
  }

  bool nesterov_;
  bool maximize_;
  std::vector<SgdSettings> settings_;
  SegmentStates moving_;
  SegmentStates plain_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(const SgdConfig& config, const OptimizerParts& parts) {
  return std::make_unique<Sgd>(config, parts,
                               group_parameters(parts.parameters, patterns_of(config.groups)));
}

}  // namespace roux
