#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/shard_reader.h"
#include "roux/trainer/batch_reader.h"

namespace roux {

// The place of a rank's shards as texts of a checkpoint: "data/shard_00017", and "data/step".
BatchReader<int>::Places to_texts(const data::ShardPlaces& places);

// Throws DataError where they are none.
data::ShardPlaces from_texts(const BatchReader<int>::Places& texts);

// The batches of a stream of shards, each turned into what a unit takes.
template <typename T, typename Batch>
class ShardBatches final : public BatchReader<Batch> {
 public:
  using Convert = std::function<Batch(T)>;
  using Places = typename BatchReader<Batch>::Places;

  ShardBatches(std::unique_ptr<data::ShardReader<T>> reader, Convert convert)
      : reader_(std::move(reader)), convert_(std::move(convert)) {}

  void begin_epoch(std::int64_t epoch) override { reader_->rewind(epoch); }

  std::vector<Batch> next_step() override {
    std::vector<Batch> batches;
    for (T& read : reader_->next_step()) batches.push_back(convert_(std::move(read)));
    return batches;
  }

  // Shards end raggedly: some may have nothing for a step while others do for the next one.
  bool has_more() const override { return !reader_->ended(); }

  Places save() const override { return to_texts(reader_->save()); }
  void load(const Places& places) override { reader_->load(from_texts(places)); }

 private:
  std::unique_ptr<data::ShardReader<T>> reader_;
  Convert convert_;
};

}  // namespace roux
