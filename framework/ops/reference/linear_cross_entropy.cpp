#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tanh.h>

#include "ops/reference.h"

namespace roux::ops::reference {

at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options) {
  const auto compute = hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  at::Tensor logits = at::matmul(hidden, weight.t());
  if (bias.defined()) logits = logits + bias;
  logits = logits.to(compute);
  if (options.softcap > 0.0) logits = at::tanh(logits / options.softcap) * options.softcap;

  const at::Tensor counts = targets != options.ignore_index;
  const at::Tensor chosen = targets.masked_fill(counts.logical_not(), 0).unsqueeze(1);
  const at::Tensor log_probabilities = at::log_softmax(logits, -1);
  at::Tensor loss = -log_probabilities.gather(1, chosen).squeeze(1);
  if (options.label_smoothing > 0.0) {
    loss = (1.0 - options.label_smoothing) * loss -
           options.label_smoothing * log_probabilities.mean(1);
  }
  if (options.z_loss > 0.0) loss = loss + options.z_loss * at::logsumexp(logits, 1).square();
  return loss.masked_fill(counts.logical_not(), 0.0);
}

}  // namespace roux::ops::reference
