#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "roux/data/document.h"
#include "roux/data/stream.h"

namespace roux::datasets {

enum class Split { Train, Valid };

// Documents to learn from, in logical shards. Immutable; every member may be called from any
// thread.
class Dataset {
 public:
  virtual ~Dataset() = default;

  // Whether there is anything in a split. There always is in Split::Train.
  virtual bool has(Split split) const = 0;

  // One shard, an epoch of it; rewind(epoch) gives it another order. All the work of reading is
  // done where next() is called, so shards can be read by as many threads as there are.
  virtual data::StreamPtr<data::Document> open(Split split, std::int64_t shard,
                                               std::int64_t num_shards) const = 0;

  // For the log: "12 files, 3.2 GB".
  virtual std::string description() const = 0;

  // What a run that goes on must find unchanged: which data it is, and in which order it comes.
  virtual std::string fingerprint() const = 0;
};

}  // namespace roux::datasets
