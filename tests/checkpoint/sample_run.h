#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "roux/checkpoint/checkpoint.h"

namespace roux {

// What a small run is at a step: two parts with tensors of several dtypes, two with texts. All of
// it follows from the step, so that what was read can be compared. `size` 1 are 100 KB.
CheckpointContents contents_at(std::int64_t step, std::int64_t size = 1);

// Empty tensors like those of contents_at(), to read into.
std::vector<CheckpointValue> targets();

// Why `checkpoint` is not contents_at() its step, or "".
std::string difference_of(const Checkpoint& checkpoint, std::int64_t size = 1);

}  // namespace roux
