#include "unit.h"

#include "roux/tokenizer/byte_lengths.h"

namespace roux::lm {

BatchCounts::BatchCounts(const Tokenizer& tokenizer) : byte_lengths_(byte_lengths(tokenizer)) {}

void BatchCounts::add(const nn::TrainingBatch& batch, MetricBag& metrics) const {
  const auto& spans = batch.tokens.layout.spans();
  std::int64_t tokens = 0;
  for (const auto& span : spans) tokens += span.query_length;
  std::int64_t bytes = 0;
  const auto* target = batch.targets.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < batch.targets.numel(); ++i) {
    const auto id = static_cast<std::size_t>(target[i]);  // an ignored one is beyond all
    if (id < byte_lengths_.size()) bytes += byte_lengths_[id];
  }
  metrics.add_count("num_examples", static_cast<double>(spans.size()));
  metrics.add_count("num_tokens", static_cast<double>(tokens));
  metrics.add_count("num_targets", static_cast<double>(batch.num_targets));
  metrics.add_count("num_target_bytes", static_cast<double>(bytes));
  metrics.add_count("padding", static_cast<double>(batch.tokens.tokens() - tokens));
}

BatchLoss LMTrainUnit::process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) {
  const LanguageModelLoss loss =
      model_.loss(batch.tokens, batch.targets, {}, HeadGradient::WithLoss);
  const auto targets = static_cast<double>(batch.num_targets);
  metrics.add_mean("nll_loss", loss.sum.detach(), targets);
  counts_->add(batch, metrics);
  metrics.add_count("model_flops", model_.training_flops(batch.tokens));
  if (!loss.auxiliary.defined()) return {loss.sum, batch.num_targets};
  metrics.add_mean("auxiliary_loss", loss.auxiliary.detach() * targets, targets);
  return {loss.sum + loss.auxiliary * targets, batch.num_targets};
}

void LMValidUnit::process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) {
  const LanguageModelLoss loss = model_.loss(batch.tokens, batch.targets);
  metrics.add_mean("nll_loss", loss.sum, static_cast<double>(batch.num_targets));
  counts_->add(batch, metrics);
}

}  // namespace roux::lm
