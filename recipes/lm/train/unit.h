#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "roux/model/language_model.h"
#include "roux/nn/training_batch.h"
#include "roux/tokenizer/tokenizer.h"
#include "roux/trainer/train_unit.h"

namespace roux::lm {

// Counts what batches hold.
class BatchCounts {
 public:
  explicit BatchCounts(const Tokenizer& tokenizer);

  void add(const nn::TrainingBatch& batch, MetricBag& metrics) const;

 private:
  std::vector<std::int32_t> byte_lengths_;
};

// Learns each next token of a text from those before it.
class LMTrainUnit final : public TrainUnit<nn::TrainingBatch> {
 public:
  LMTrainUnit(LanguageModel& model, std::shared_ptr<const BatchCounts> counts)
      : model_(model), counts_(std::move(counts)) {}

  BatchLoss process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
  std::shared_ptr<const BatchCounts> counts_;
};

// Says how well it does on texts that it has not seen.
class LMValidUnit final : public EvalUnit<nn::TrainingBatch> {
 public:
  LMValidUnit(LanguageModel& model, std::shared_ptr<const BatchCounts> counts)
      : model_(model), counts_(std::move(counts)) {}

  void process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
  std::shared_ptr<const BatchCounts> counts_;
};

}  // namespace roux::lm
