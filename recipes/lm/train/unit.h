#pragma once

#include <cstdint>
#include <vector>

#include "roux/model/language_model.h"
#include "roux/nn/training_batch.h"
#include "roux/tokenizer/tokenizer.h"
#include "roux/trainer/train_unit.h"

namespace roux::lm {

// Counts what batches hold. `byte_lengths`: of each token id.
class BatchCounts {
 public:
  explicit BatchCounts(std::vector<std::int32_t> byte_lengths)
      : byte_lengths_(std::move(byte_lengths)) {}

  void add(const nn::TrainingBatch& batch, MetricBag& metrics) const;

 private:
  std::vector<std::int32_t> byte_lengths_;
};

// Learns each next token of a text from those before it.
class LMTrainUnit final : public TrainUnit<nn::TrainingBatch> {
 public:
  LMTrainUnit(LanguageModel& model, const Tokenizer& tokenizer);

  BatchLoss process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
  BatchCounts counts_;
};

// Says how well it does on texts that it has not seen.
class LMValidUnit final : public EvalUnit<nn::TrainingBatch> {
 public:
  LMValidUnit(LanguageModel& model, const Tokenizer& tokenizer);

  void process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
  BatchCounts counts_;
};

}  // namespace roux::lm
