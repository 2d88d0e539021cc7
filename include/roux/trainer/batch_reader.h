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

  // Those of the next step; none where the epoch is over.
  virtual std::vector<Batch> next_step() = 0;

  // The place behind the last step, by its path in a checkpoint. load() goes there.
  using Places = std::map<std::string, std::string>;
  virtual Places save() const = 0;
  virtual void load(const Places& places) = 0;
};

}  // namespace roux
