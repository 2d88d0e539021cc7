#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "optim/adamw_rule.h"
#include "optim/code_map.h"
#include "optim/flat_optimizer.h"
#include "optim/segment_states.h"
#include "optim/trained_entry.h"

namespace roux {
namespace {

// A state of a parameter in 8 bits a number, in blocks that begin with the parameter.
struct Codes {
  at::Tensor codes;   // of the parameter's shape
  at::Tensor scales;  // of each block

  explicit Codes(const nn::FlatEntry& entry)
      : codes(at::zeros(entry.sizes, at::kByte)),
        scales(at::zeros({(entry.numel + ops::kStateBlock - 1) / ops::kStateBlock}, at::kFloat)) {}

  std::uint8_t* code(std::int64_t index) const {
    return codes.mutable_data_ptr<std::uint8_t>() + index;
  }
  float& scale(std::int64_t index) const {
    return scales.mutable_data_ptr<float>()[index / ops::kStateBlock];
  }
};

class AdamW8bit final : public FlatOptimizer {
 public:
  AdamW8bit(const AdamW8bitConfig& config, const OptimizerParts& parts,
            const ParameterGroups& groups)
      : FlatOptimizer(parts, base_lrs_of(config, groups)),
        maximize_(config.maximize),
        settings_(adamw_settings(config, config.groups)),
        large_(entries(parts, groups, config.min_8bit_size, true)),
        small_(parts.parameters, segments(entries(parts, groups, config.min_8bit_size, false)),
               adamw_state_names()) {}

 private:
  static std::vector<TrainedEntry> entries(const OptimizerParts& parts,
                                           const ParameterGroups& groups, std::int64_t least,
                                           bool large) {
    std::vector<TrainedEntry> chosen;
    for (const TrainedEntry& trained : trained_entries(parts.parameters, groups)) {
      const bool of_float =
          computed_in(exact_dtype(parts.parameters.groups()[trained.buffer])) == at::kFloat;
      const bool is_large = of_float && trained.entry->numel >= least;
      if (is_large == large) chosen.push_back(trained);
    }
    return chosen;
  }

  static std::vector<Segment> segments(const std::vector<TrainedEntry>& entries) {
    std::vector<Segment> all;
    for (const TrainedEntry& trained : entries) all.push_back(trained.segment());
    return all;
  }

  bool maximize() const override { return maximize_; }

  void allocate_states() override {
    small_.allocate();
    for (const TrainedEntry& trained : large_) {
      means_.emplace_back(*trained.entry);
      squares_.emplace_back(*trained.entry);
    }
  }

  void list_states(std::vector<OptimizerState>& all) const override {
    small_.list(all);
    for (std::size_t i = 0; i < large_.size(); ++i) {
      const std::string& name = large_[i].entry->name;
      all.push_back({"exp_avg.codes", name, means_[i].codes});
      all.push_back({"exp_avg.scales", name, means_[i].scales});
      all.push_back({"exp_avg_sq.codes", name, squares_[i].codes});
      all.push_back({"exp_avg_sq.scales", name, squares_[i].scales});
    }
  }

  void update(const Now& now) override {
    small_.for_each_part(
        now.memory, now.chance, [&](std::size_t index, std::int64_t begin, auto& part) {
          using T = std::remove_pointer_t<decltype(part.values())>;
          optimizer_kernels_of<T>().adamw(part.values(), part.gradients(),
                                          small_.at<T>(index, 0, begin),
                                          small_.at<T>(index, 1, begin), nullptr, part.count(),
                                          numbers<T>(now, small_.segment(index).group));
        });
    for_parts<float>(now.memory, segments(large_), now.chance,
                     [&](std::size_t index, std::int64_t begin, Part<float>& part) {
                       update_large(now, index, begin - large_[index].entry->offset, part);
                     });
  }

  // `first` is the part's first element in its parameter: a multiple of a block.
  void update_large(const Now& now, std::size_t index, std::int64_t first,
                    Part<float>& part) const {
    static_assert(kPart % ops::kStateBlock == 0);
    const auto& kernels = optimizer_kernels_of<float>();
    const auto step = numbers<float>(now, large_[index].group);
    const Codes& means = means_[index];
    const Codes& squares = squares_[index];
    float mean[ops::kStateBlock];
    float square[ops::kStateBlock];
    for (std::int64_t i = 0; i < part.count(); i += ops::kStateBlock) {
      const std::int64_t count = std::min(ops::kStateBlock, part.count() - i);
      const std::int64_t at = first + i;
      kernels.decode(means.code(at), means.scale(at), signed_code_map(), mean, count);
      kernels.decode(squares.code(at), squares.scale(at), unsigned_code_map(), square, count);
      kernels.adamw(part.values() + i, part.gradients() + i, mean, square, nullptr, count, step);
      means.scale(at) = kernels.encode(mean, signed_code_map(), means.code(at), count);
      squares.scale(at) = kernels.encode(square, unsigned_code_map(), squares.code(at), count);
    }
  }

  template <typename T>
  ops::AdamWNumbers<T> numbers(const Now& now, std::size_t group) const {
    return settings_[group].numbers<T>(now.step.lrs[group], now.count, now.gradient_scale);
  }

  bool maximize_;
  std::vector<AdamWSettings> settings_;
  std::vector<TrainedEntry> large_;
  std::vector<Codes> means_;    // of each large one
  std::vector<Codes> squares_;  // of each large one
  SegmentStates small_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw8bit(const AdamW8bitConfig& config,
                                          const OptimizerParts& parts) {
  return std::make_unique<AdamW8bit>(
      config, parts, group_parameters(parts.parameters, patterns_of(config.groups)));
}

}  // namespace roux
