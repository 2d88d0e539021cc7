#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace roux {

// Gives a rank its micro-batches, step by step, and knows its place to the batch.
template <typename Batch>
class BatchReader {
 public:
  virtual ~BatchReader() = default;

  // Back to the beginning, in the order of an epoch, counted from 0.
  virtual void begin_epoch(std::int64_t epoch) = 0;

  // Those of the next step; none where the epoch is over, or where has_more().
  virtual std::vector<Batch> next_step() = 0;

  // After a step that had nothing for this rank: whether a later one may have something. Steps are
  // counted alike on all ranks, so none is left out on one of them alone.
  virtual bool has_more() const { return false; }

  // The place behind the last step, by its path in a checkpoint. load() goes there.
  using Places = std::map<std::string, std::string>;
  virtual Places save() const = 0;
  virtual void load(const Places& places) = 0;
};

}  // namespace roux
