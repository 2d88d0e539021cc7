#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roux/trainer/batch_reader.h"
#include "roux/trainer/train_unit.h"

namespace roux {

// What a trainer trains on, whatever the type of its batches: a unit and its reader.
class TrainSource {
 public:
  virtual ~TrainSource() = default;

  virtual void begin_epoch(std::int64_t epoch) = 0;

  // Fetches a step; how many micro-batches it has, 0 where the epoch is over, or where has_more().
  virtual std::size_t next_step() = 0;

  // As BatchReader's.
  virtual bool has_more() const = 0;

  // To be called once for each, in order. The batch is gone when this returns.
  virtual BatchLoss process(std::size_t micro_batch, MetricBag& metrics) = 0;

  virtual std::map<std::string, std::string> save() const = 0;
  virtual void load(const std::map<std::string, std::string>& places) = 0;
};

// What a model is judged by along the way.
class Validation {
 public:
  virtual ~Validation() = default;

  // "" for the only one; its metrics are "valid", or "valid/NAME".
  virtual std::string name() const = 0;

  // Goes through all of its data.
  virtual void run(MetricBag& metrics) = 0;
};

namespace detail {

template <typename Batch>
class TypedTrainSource final : public TrainSource {
 public:
  TypedTrainSource(std::unique_ptr<TrainUnit<Batch>> unit,
                   std::unique_ptr<BatchReader<Batch>> reader)
      : unit_(std::move(unit)), reader_(std::move(reader)) {}

  void begin_epoch(std::int64_t epoch) override { reader_->begin_epoch(epoch); }
  std::size_t next_step() override {
    batches_.clear();
    for (Batch& batch : reader_->next_step()) batches_.emplace_back(std::move(batch));
    return batches_.size();
  }
  bool has_more() const override { return reader_->has_more(); }
  BatchLoss process(std::size_t micro_batch, MetricBag& metrics) override {
    const std::optional<Batch> batch = std::exchange(batches_.at(micro_batch), std::nullopt);
    return unit_->process_batch(batch.value(), metrics);
  }
  std::map<std::string, std::string> save() const override { return reader_->save(); }
  void load(const std::map<std::string, std::string>& places) override { reader_->load(places); }

 private:
  std::unique_ptr<TrainUnit<Batch>> unit_;
  std::unique_ptr<BatchReader<Batch>> reader_;
  std::vector<std::optional<Batch>> batches_;
};

template <typename Batch>
class TypedValidation final : public Validation {
 public:
  TypedValidation(std::string name, std::unique_ptr<EvalUnit<Batch>> unit,
                  std::unique_ptr<BatchReader<Batch>> reader)
      : name_(std::move(name)), unit_(std::move(unit)), reader_(std::move(reader)) {}

  std::string name() const override { return name_; }
  void run(MetricBag& metrics) override {
    reader_->begin_epoch(0);
    do {
      const std::vector<Batch> step = reader_->next_step();
      for (const Batch& batch : step) unit_->process_batch(batch, metrics);
      if (step.empty() && !reader_->has_more()) return;
    } while (true);
  }

 private:
  std::string name_;
  std::unique_ptr<EvalUnit<Batch>> unit_;
  std::unique_ptr<BatchReader<Batch>> reader_;
};

}  // namespace detail

template <typename Batch>
std::unique_ptr<TrainSource> make_source(std::unique_ptr<TrainUnit<Batch>> unit,
                                         std::unique_ptr<BatchReader<Batch>> reader) {
  return std::make_unique<detail::TypedTrainSource<Batch>>(std::move(unit), std::move(reader));
}

template <typename Batch>
std::unique_ptr<Validation> make_validation(std::string name, std::unique_ptr<EvalUnit<Batch>> unit,
                                            std::unique_ptr<BatchReader<Batch>> reader) {
  return std::make_unique<detail::TypedValidation<Batch>>(std::move(name), std::move(unit),
                                                          std::move(reader));
}

}  // namespace roux
