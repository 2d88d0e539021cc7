#include <type_traits>
#include <utility>

#include "optim/adamw_rule.h"
#include "optim/flat_optimizer.h"
#include "optim/segment_states.h"

namespace roux {
namespace {

class AdamW final : public FlatOptimizer {
 public:
  AdamW(const AdamWConfig& config, const OptimizerParts& parts, const ParameterGroups& groups)
      : FlatOptimizer(parts, base_lrs_of(config, groups)),
        amsgrad_(config.amsgrad),
        maximize_(config.maximize),
        settings_(adamw_settings(config, config.groups)),
        states_(parts.parameters, segments_of(parts.parameters, groups), names(config)) {}

 private:
  static std::vector<std::string> names(const AdamWConfig& config) {
    auto all = adamw_state_names();
    if (config.amsgrad) all.emplace_back("max_exp_avg_sq");
    return all;
  }

  bool maximize() const override { return maximize_; }
  void allocate_states() override { states_.allocate(); }
  void list_states(std::vector<OptimizerState>& all) const override { states_.list(all); }

  void update(const Now& now) override {
    states_.for_each_part(
        now.memory, now.chance, [&](std::size_t index, std::int64_t begin, auto& part) {
          using T = std::remove_pointer_t<decltype(part.values())>;
          const std::size_t group = states_.segment(index).group;
          const auto numbers =
              settings_[group].numbers<T>(now.step.lrs[group], now.count, now.gradient_scale);
          T* largest = amsgrad_ ? states_.at<T>(index, 2, begin) : nullptr;
          optimizer_kernels_of<T>().adamw(
              part.values(), part.gradients(), states_.at<T>(index, 0, begin),
              states_.at<T>(index, 1, begin), largest, part.count(), numbers);
        });
  }

  bool amsgrad_;
  bool maximize_;
  std::vector<AdamWSettings> settings_;
  SegmentStates states_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw(const AdamWConfig& config, const OptimizerParts& parts) {
  return std::make_unique<AdamW>(config, parts,
                                 group_parameters(parts.parameters, patterns_of(config.groups)));
}

}  // namespace roux
