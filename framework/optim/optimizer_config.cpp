#include "roux/optim/optimizer_config.h"

#include "roux/base/error.h"

namespace roux {
namespace {

constexpr const char* kParamsDoc =
    "Regular expressions; a parameter belongs to the first group with one that its name begins "
    "with.";
constexpr const char* kGroupsDoc =
    "Parameters with settings of their own; what no group takes has the settings above.";
constexpr const char* kMaximizeDoc = "Climb the objective instead of descending it.";
constexpr const char* kLrDoc = "Learning rate, before the schedule's factor.";
constexpr const char* kBetasDoc = "Decay of the running means of gradients and of their squares.";
constexpr const char* kEpsDoc = "Added to the denominator.";
constexpr const char* kDecayDoc = "Decay of the weights at each step, times the rate.";

}  // namespace

void AdamWGroupConfig::describe(config::Fields<AdamWGroupConfig>& field) {
  using G = AdamWGroupConfig;
  field("params", &G::params, kParamsDoc).required();
  field("lr", &G::lr, "Learning rate of these.").at_least(0);
  field("betas", &G::betas, "Betas of these.").at_least(0).less_than(1);
  field("eps", &G::eps, "Epsilon of these.").at_least(0);
  field("weight_decay", &G::weight_decay, "Weight decay of these.").at_least(0);
}

void AdamWConfig::describe(config::Fields<AdamWConfig>& field) {
  using C = AdamWConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("betas", &C::betas, kBetasDoc).at_least(0).less_than(1);
  field("eps", &C::eps, kEpsDoc).at_least(0);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
  field("amsgrad", &C::amsgrad, "Divide by the largest second moment so far (AMSGrad).");
  field("maximize", &C::maximize, kMaximizeDoc);
  field("groups", &C::groups, kGroupsDoc);
  field.retired("impl", "there is one implementation, fused");
  field.retired("capturable", "the step can always be captured in a CUDA graph");
  field.retired("differentiable", "the step is not differentiated through");
}

void AdafactorGroupConfig::describe(config::Fields<AdafactorGroupConfig>& field) {
  using G = AdafactorGroupConfig;
  field("params", &G::params, kParamsDoc).required();
  field("lr", &G::lr, "Learning rate of these.").at_least(0);
  field("beta2_decay", &G::beta2_decay, "Decay of beta2 of these.").at_most(0);
  field("d", &G::d, "Clipping threshold of these.").more_than(0);
  field("weight_decay", &G::weight_decay, "Weight decay of these.").at_least(0);
}

void AdafactorEpsConfig::describe(config::Fields<AdafactorEpsConfig>& field) {
  field("square", &AdafactorEpsConfig::square,
        "Added to squared gradients; unset: the machine epsilon of the parameter's type.")
      .at_least(0);
  field("scale", &AdafactorEpsConfig::scale,
        "The least that a parameter's scale counts in the size of its step.")
      .at_least(0);
}

void AdafactorConfig::describe(config::Fields<AdafactorConfig>& field) {
  using C = AdafactorConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("beta2_decay", &C::beta2_decay,
        "Exponent of the step in the decay of the running mean of squares.")
      .at_most(0);
  field("eps", &C::eps, "Regularisation.");
  field("d", &C::d, "Threshold above which the root mean square of an update is clipped.")
      .more_than(0);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
  field("maximize", &C::maximize, kMaximizeDoc);
  field("groups", &C::groups, kGroupsDoc);
  field.retired("foreach", "there is one implementation");
}

void SgdGroupConfig::describe(config::Fields<SgdGroupConfig>& field) {
  using G = SgdGroupConfig;
  field("params", &G::params, kParamsDoc).required();
  field("lr", &G::lr, "Learning rate of these.").at_least(0);
  field("momentum", &G::momentum, "Momentum of these.").at_least(0).less_than(1);
  field("dampening", &G::dampening, "Dampening of these.").between(0, 1);
  field("weight_decay", &G::weight_decay, "Weight decay of these.").at_least(0);
}

void SgdConfig::describe(config::Fields<SgdConfig>& field) {
  using C = SgdConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("momentum", &C::momentum, "Share of the running sum that stays at each step; 0: none kept.")
      .at_least(0)
      .less_than(1);
  field("dampening", &C::dampening, "Share of the gradient that is not added to the running sum.")
      .between(0, 1);
  field("weight_decay", &C::weight_decay, "Share of the weights that is added to the gradient.")
      .at_least(0);
  field("nesterov", &C::nesterov, "Look ahead by the momentum.");
  field("maximize", &C::maximize, kMaximizeDoc);
  field("groups", &C::groups, kGroupsDoc);
  field.retired("foreach", "there is one implementation");
  field.retired("fused", "there is one implementation, fused");
}

void SgdConfig::validate(config::Problems& problems) const {
  if (!nesterov) return;
  const auto check = [&](const std::string& place, double its_momentum, double its_dampening) {
    if (its_momentum == 0.0) problems.add(place + "momentum", "must be more than 0 with nesterov");
    if (its_dampening != 0.0) {
      problems.add(place + "dampening", cat("must be 0 with nesterov, but is ", its_dampening));
    }
  };
  check("", momentum, dampening);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    check(cat("groups[", i, "]."), groups[i].momentum.value_or(momentum),
          groups[i].dampening.value_or(dampening));
  }
}

void LionGroupConfig::describe(config::Fields<LionGroupConfig>& field) {
  using G = LionGroupConfig;
  field("params", &G::params, kParamsDoc).required();
  field("lr", &G::lr, "Learning rate of these.").at_least(0);
  field("betas", &G::betas, "Betas of these.").at_least(0).less_than(1);
  field("weight_decay", &G::weight_decay, "Weight decay of these.").at_least(0);
}

void LionConfig::describe(config::Fields<LionConfig>& field) {
  using C = LionConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("betas", &C::betas,
        "Share of the momentum in the step's direction, and its decay from step to step.")
      .at_least(0)
      .less_than(1);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
  field("maximize", &C::maximize, kMaximizeDoc);
  field("groups", &C::groups, kGroupsDoc);
}

void describe(config::EnumValues<MuonLrAdjustment>& value) {
  value("original", MuonLrAdjustment::Original, "Times sqrt(max(1, rows / columns)).");
  value("match_rms_adamw", MuonLrAdjustment::MatchRmsAdamW,
        "Times 0.2 sqrt(max(rows, columns)), so that AdamW's rates fit.");
}

void describe(config::EnumValues<MuonPrecision>& value) {
  value("bfloat16", MuonPrecision::BFloat16, "As PyTorch; fast where the CPU multiplies it.");
  value("float32", MuonPrecision::Float32, "Exact; the faster one on older CPUs.");
}

void MuonGroupConfig::describe(config::Fields<MuonGroupConfig>& field) {
  using G = MuonGroupConfig;
  field("params", &G::params, kParamsDoc).required();
  field("use_muon", &G::use_muon, "Muon for these, or AdamW; unset: as their shapes say.");
  field("lr", &G::lr, "Learning rate of these.").at_least(0);
  field("weight_decay", &G::weight_decay, "Weight decay of these.").at_least(0);
  field("momentum", &G::momentum, "Momentum of these.").at_least(0).less_than(1);
  field("betas", &G::betas, "AdamW's betas of these.").at_least(0).less_than(1);
  field("eps", &G::eps, "AdamW's epsilon of these.").at_least(0);
}

void MuonAdamWConfig::describe(config::Fields<MuonAdamWConfig>& field) {
  using C = MuonAdamWConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("betas", &C::betas, kBetasDoc).at_least(0).less_than(1);
  field("eps", &C::eps, kEpsDoc).at_least(0);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
}

void MuonConfig::describe(config::Fields<MuonConfig>& field) {
  using C = MuonConfig;
  field("lr", &C::lr, "Learning rate of matrices, before the schedule's factor.").at_least(0);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
  field("momentum", &C::momentum, "Decay of the running mean of gradients.")
      .at_least(0)
      .less_than(1);
  field("nesterov", &C::nesterov, "Look ahead by the momentum.");
  field("ns_coefficients", &C::ns_coefficients, "Of the Newton-Schulz polynomial.");
  field("eps", &C::eps, "The least norm that a matrix is divided by.").more_than(0);
  field("ns_steps", &C::ns_steps, "Newton-Schulz iterations.").between(1, 99);
  field("ns_dtype", &C::ns_dtype, "What the iterations compute with.");
  field("adjust_lr_fn", &C::adjust_lr_fn, "How the rate depends on a matrix's shape.");
  field("adamw", &C::adamw, "For what is no matrix of a block.");
  field("groups", &C::groups, kGroupsDoc);
}

void AdamW8bitConfig::describe(config::Fields<AdamW8bitConfig>& field) {
  using C = AdamW8bitConfig;
  field("lr", &C::lr, kLrDoc).at_least(0);
  field("betas", &C::betas, kBetasDoc).at_least(0).less_than(1);
  field("eps", &C::eps, kEpsDoc).at_least(0);
  field("weight_decay", &C::weight_decay, kDecayDoc).at_least(0);
  field("maximize", &C::maximize, kMaximizeDoc);
  field("min_8bit_size", &C::min_8bit_size, "Parameters of fewer numbers keep float32 states.")
      .at_least(0);
  field("groups", &C::groups, kGroupsDoc);
}

}  // namespace roux
