#include "unit.h"

namespace roux::lm {
namespace {

void add_counts(const nn::TrainingBatch& batch, MetricBag& metrics) {
  std::int64_t elements = 0;
  for (const auto& span : batch.tokens.layout.spans()) elements += span.query_length;
  metrics.add_count("num_examples", static_cast<double>(batch.tokens.layout.spans().size()));
  metrics.add_count("num_elements", static_cast<double>(elements));
  metrics.add_count("num_target_elements", static_cast<double>(batch.num_targets));
}

}  // namespace

BatchLoss LMTrainUnit::process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) {
  const LanguageModelLoss loss =
      model_.loss(batch.tokens, batch.targets, {}, HeadGradient::WithLoss);
  const auto targets = static_cast<double>(batch.num_targets);
  metrics.add_mean("nll_loss", loss.sum.detach(), targets);
  add_counts(batch, metrics);
  if (!loss.auxiliary.defined()) return {loss.sum, batch.num_targets};
  metrics.add_mean("auxiliary_loss", loss.auxiliary.detach() * targets, targets);
  return {loss.sum + loss.auxiliary * targets, batch.num_targets};
}

void LMValidUnit::process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) {
  const LanguageModelLoss loss = model_.loss(batch.tokens, batch.targets);
  metrics.add_mean("nll_loss", loss.sum, static_cast<double>(batch.num_targets));
  metrics.add_count("num_examples", static_cast<double>(batch.tokens.layout.spans().size()));
  metrics.add_count("num_target_elements", static_cast<double>(batch.num_targets));
}

}  // namespace roux::lm
