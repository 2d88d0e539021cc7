#pragma once

#include "roux/model/language_model.h"
#include "roux/nn/training_batch.h"
#include "roux/trainer/train_unit.h"

namespace roux::lm {

// Learns each next token of a text from those before it.
class LMTrainUnit final : public TrainUnit<nn::TrainingBatch> {
 public:
  explicit LMTrainUnit(LanguageModel& model) : model_(model) {}

  BatchLoss process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
};

// Says how well it does on texts that it has not seen.
class LMValidUnit final : public EvalUnit<nn::TrainingBatch> {
 public:
  explicit LMValidUnit(LanguageModel& model) : model_(model) {}

  void process_batch(const nn::TrainingBatch& batch, MetricBag& metrics) override;

 private:
  LanguageModel& model_;
};

}  // namespace roux::lm
