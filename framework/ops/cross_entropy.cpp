#include "roux/ops/cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/tanh.h>

namespace roux::ops {

at::Tensor cross_entropy_per_token(const at::Tensor& logits, const at::Tensor& targets,
                                   const CrossEntropyOptions& options) {
  at::Tensor scores = logits.to(logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  if (options.softcap > 0.0) scores = at::tanh(scores / options.softcap) * options.softcap;

  const at::Tensor ignored = targets == options.ignore_index;
  const at::Tensor chosen = targets.masked_fill(ignored, 0).unsqueeze(1);
  const at::Tensor log_probabilities = at::log_softmax(scores, -1);
  at::Tensor loss = -log_probabilities.gather(1, chosen).squeeze(1);
  if (options.label_smoothing > 0.0) {
    loss = (1.0 - options.label_smoothing) * loss -
           options.label_smoothing * log_probabilities.mean(1);
  }
  if (options.z_loss > 0.0) loss = loss + options.z_loss * at::logsumexp(scores, 1).square();
  return loss.masked_fill(ignored, 0.0);
}

}  // namespace roux::ops
