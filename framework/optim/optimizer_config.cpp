#include "roux/optim/optimizer_config.h"

namespace roux {
namespace {

constexpr const char* kParamsDoc =
    "Regular expressions; a parameter belongs to the first group with one that its whole name "
    "matches.";
constexpr const char* kGroupsDoc =
    "Parameters with settings of their own; what no group takes has the settings above.";
constexpr const char* kMaximizeDoc = "Climb the objective instead of descending it.";

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
  field("lr", &C::lr, "Learning rate, before the schedule's factor.").at_least(0);
  field("betas", &C::betas, "Decay of the running means of gradients and of their squares.")
      .at_least(0)
      .less_than(1);
  field("eps", &C::eps, "Added to the denominator.").at_least(0);
  field("weight_decay", &C::weight_decay, "Decay of the weights at each step, times the rate.")
      .at_least(0);
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
  field("lr", &C::lr, "Learning rate, before the schedule's factor.").at_least(0);
  field("beta2_decay", &C::beta2_decay,
        "Exponent of the step in the decay of the running mean of squares.")
      .at_most(0);
  field("eps", &C::eps, "Regularisation.");
  field("d", &C::d, "Threshold above which the root mean square of an update is clipped.")
      .more_than(0);
  field("weight_decay", &C::weight_decay, "Decay of the weights at each step, times the rate.")
      .at_least(0);
  field("maximize", &C::maximize, kMaximizeDoc);
  field("groups", &C::groups, kGroupsDoc);
  field.retired("foreach", "there is one implementation");
}

}  // namespace roux
