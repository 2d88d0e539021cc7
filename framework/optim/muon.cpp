#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <utility>

#include "optim/adamw_rule.h"
#include "optim/flat_optimizer.h"
#include "optim/newton_schulz.h"
#include "optim/segment_states.h"
#include "optim/trained_entry.h"
#include "roux/base/error.h"

namespace roux {
namespace {

// What Muon is for: the matrices within a model's blocks, not what reads tokens and writes logits.
bool is_hidden_matrix(const nn::FlatGroup& flat, const nn::FlatEntry& entry) {
  return !flat.block.empty() && entry.sizes.size() >= 2;
}

// The config's groups, each with one kind of update; after them one for the other matrices, and one
// for all else, where there are such.
struct MuonGroups {
  ParameterGroups of;
  std::vector<bool> by_muon;
};

MuonGroups muon_groups(const MuonConfig& config, const nn::FlatParameters& parameters) {
  const std::size_t named = config.groups.size();
  ParameterGroups found = group_parameters(parameters, patterns_of(config.groups));
  // Of the groups that are named: the first parameter of each kind.
  std::vector<std::array<const nn::FlatEntry*, 2>> firsts(named + 1, {nullptr, nullptr});
  for (std::size_t buffer = 0; buffer < found.of.size(); ++buffer) {
    const nn::FlatGroup& flat = parameters.groups()[buffer];
    for (std::size_t i = 0; i < flat.entries.size(); ++i) {
      const nn::FlatEntry& entry = flat.entries[i];
      const std::size_t group = found.of[buffer][i];
      bool by_muon = is_hidden_matrix(flat, entry);
      if (group < named && config.groups[group].use_muon) {
        by_muon = *config.groups[group].use_muon;
        if (by_muon && entry.sizes.size() < 2) {
          throw ConfigError(cat("optimizer.config.groups[", group,
                                "] must hold matrices alone "
                                "with use_muon, but holds ",
                                entry.name));
        }
      }
      auto& first = firsts[group][by_muon ? 1 : 0];
      if (first == nullptr) first = &entry;
    }
  }

  MuonGroups groups{std::move(found), std::vector<bool>(named)};
  for (std::size_t group = 0; group < named; ++group) {
    const auto& [other, matrix] = firsts[group];
    if (other != nullptr && matrix != nullptr) {
      throw ConfigError(cat("optimizer.config.groups[", group,
                            "] must hold matrices of blocks, or "
                            "none, but holds ",
                            matrix->name, " and ", other->name,
                            ": set its use_muon, or make two of it"));
    }
    groups.by_muon[group] = matrix != nullptr;
  }
  const auto& [other, matrix] = firsts[named];
  groups.of.count = named;
  const std::size_t matrices = named;
  const std::size_t others = matrix != nullptr ? named + 1 : named;
  if (matrix != nullptr) groups.by_muon.push_back(true);
  if (other != nullptr) groups.by_muon.push_back(false);
  groups.of.count = groups.by_muon.size();
  for (std::size_t buffer = 0; buffer < groups.of.of.size(); ++buffer) {
    const nn::FlatGroup& flat = parameters.groups()[buffer];
    for (std::size_t i = 0; i < flat.entries.size(); ++i) {
      std::size_t& group = groups.of.of[buffer][i];
      if (group < named) continue;
      group = is_hidden_matrix(flat, flat.entries[i]) ? matrices : others;
    }
  }
  if (std::find(groups.by_muon.begin(), groups.by_muon.end(), true) == groups.by_muon.end()) {
    throw ConfigError(
        "optimizer.name: \"muon\" needs matrices, but no parameter is a matrix of a block: name "
        "some in optimizer.config.groups with use_muon = true");
  }
  return groups;
}

std::vector<double> lrs_of(const MuonConfig& config, const MuonGroups& groups) {
  std::vector<double> lrs;
  for (std::size_t group = 0; group < groups.by_muon.size(); ++group) {
    const double lr = groups.by_muon[group] ? config.lr : config.adamw.lr;
    lrs.push_back(group < config.groups.size() ? config.groups[group].lr.value_or(lr) : lr);
  }
  return lrs;
}

class Muon final : public FlatOptimizer {
 public:
  Muon(const MuonConfig& config, const OptimizerParts& parts, const MuonGroups& groups)
      : FlatOptimizer(parts, lrs_of(config, groups)),
        config_(config),
        by_muon_(groups.by_muon),
        matrices_(matrices(parts.parameters, groups)),
        adamw_settings_(adamw_settings(config.adamw, config.groups)),
        others_(parts.parameters, others(parts.parameters, groups), adamw_state_names()) {}

 private:
  // The largest first, so that no thread is left with one at the end.
  static std::vector<TrainedEntry> matrices(const nn::FlatParameters& parameters,
                                            const MuonGroups& groups) {
    std::vector<TrainedEntry> chosen;
    for (const TrainedEntry& trained : trained_entries(parameters, groups.of)) {
      if (groups.by_muon[trained.group]) chosen.push_back(trained);
    }
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const auto& a, const auto& b) { return a.entry->numel > b.entry->numel; });
    return chosen;
  }

  static std::vector<Segment> others(const nn::FlatParameters& parameters,
                                     const MuonGroups& groups) {
    std::vector<Segment> chosen;
    for (const TrainedEntry& trained : trained_entries(parameters, groups.of)) {
      if (!groups.by_muon[trained.group]) chosen.push_back(trained.segment());
    }
    return chosen;
  }

  void allocate_states() override {
    others_.allocate();
    for (const TrainedEntry& trained : matrices_) {
      const auto dtype = computed_in(exact_dtype(parameters().groups()[trained.buffer]));
      momenta_.push_back(at::zeros(trained.entry->sizes, dtype));
    }
  }

  void list_states(std::vector<OptimizerState>& all) const override {
    others_.list(all);
    for (std::size_t i = 0; i < matrices_.size(); ++i) {
      all.push_back({"momentum_buffer", matrices_[i].entry->name, momenta_[i]});
    }
  }

  void update(const Now& now) override {
    others_.for_each_part(
        now.memory, now.chance, [&](std::size_t index, std::int64_t begin, auto& part) {
          using T = std::remove_pointer_t<decltype(part.values())>;
          const std::size_t group = others_.segment(index).group;
          const AdamWSettings& settings =
              adamw_settings_[std::min(group, adamw_settings_.size() - 1)];
          optimizer_kernels_of<T>().adamw(
              part.values(), part.gradients(), others_.at<T>(index, 0, begin),
              others_.at<T>(index, 1, begin), nullptr, part.count(),
              settings.numbers<T>(now.step.lrs[group], now.count, now.gradient_scale));
        });

    // A matrix is one thread's, since products of several threads differ in their last bits. One
    // range for each thread, even if there are fewer matrices, so that LibTorch's own loops always
    // run within ours, and so on one thread.
    std::atomic<std::size_t> next{0};
    at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
      const OneThreadOfMkl one;
      for (std::size_t i = next++; i < matrices_.size(); i = next++) update_matrix(now, i);
    });
  }

  void update_matrix(const Now& now, std::size_t index) const {
    const TrainedEntry& trained = matrices_[index];
    const nn::FlatEntry& entry = *trained.entry;
    if (entry.numel == 0) return;
    const nn::FlatGroup& flat = parameters().groups()[trained.buffer];
    const at::Tensor& momentum = momenta_[index];
    const at::Tensor gradient =
        nn::entry_of(flat.gradients, entry).to(momentum.scalar_type()) * now.gradient_scale;
    const double share = momentum_of(trained.group);
    momentum.lerp_(gradient, 1.0 - share);
    const at::Tensor direction = config_.nesterov ? gradient.lerp(momentum, share) : momentum;
    const at::Tensor step =
        orthogonalised(direction, {config_.ns_coefficients, config_.ns_steps, config_.eps,
                                   precision(momentum.scalar_type())})
            .to(momentum.scalar_type())
            .contiguous();

    const double lr = now.step.lrs[trained.group];
    const double keep = 1.0 - lr * weight_decay_of(trained.group);
    const double size = lr * lr_factor(entry.sizes);
    const auto apply = [&](auto zero) {
      using T = decltype(zero);
      const T* steps = step.const_data_ptr<T>();
      for (std::int64_t first = 0; first < entry.numel; first += kPart) {
        Part<T> part(now.memory[trained.buffer], entry.offset + first,
                     std::min(kPart, entry.numel - first));
        for (std::int64_t i = 0; i < part.count(); ++i) {
          part.values()[i] =
              part.values()[i] * static_cast<T>(keep) - static_cast<T>(size) * steps[first + i];
        }
        part.store(now.chance);
      }
    };
    momentum.scalar_type() == at::kDouble ? apply(double()) : apply(float());
  }

  at::ScalarType precision(at::ScalarType own) const {
    if (config_.ns_dtype == MuonPrecision::BFloat16) return at::kBFloat16;
    return own;
  }

  const MuonGroupConfig* named(std::size_t group) const {
    return group < config_.groups.size() ? &config_.groups[group] : nullptr;
  }
  double momentum_of(std::size_t group) const {
    const MuonGroupConfig* its = named(group);
    return its != nullptr ? its->momentum.value_or(config_.momentum) : config_.momentum;
  }
  double weight_decay_of(std::size_t group) const {
    const MuonGroupConfig* its = named(group);
    return its != nullptr ? its->weight_decay.value_or(config_.weight_decay) : config_.weight_decay;
  }

  double lr_factor(const std::vector<std::int64_t>& sizes) const {
    const auto rows = static_cast<double>(sizes[sizes.size() - 2]);
    const auto columns = static_cast<double>(sizes.back());
    if (config_.adjust_lr_fn == MuonLrAdjustment::MatchRmsAdamW) {
      return 0.2 * std::sqrt(std::max(rows, columns));
    }
    return std::sqrt(std::max(1.0, rows / columns));
  }

  MuonConfig config_;
  std::vector<bool> by_muon_;
  std::vector<TrainedEntry> matrices_;
  std::vector<at::Tensor> momenta_;  // of each matrix
  std::vector<AdamWSettings> adamw_settings_;
  SegmentStates others_;
};

}  // namespace

std::unique_ptr<Optimizer> make_muon(const MuonConfig& config, const OptimizerParts& parts) {
  return std::make_unique<Muon>(config, parts, muon_groups(config, parts.parameters));
}

}  // namespace roux
