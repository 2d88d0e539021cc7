#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "roux/base/dtype.h"

namespace roux {

// Which elements of a tensor a value holds, where it does not hold all of them: those from `first`
// up to `last`, in row-major order, of a box in the tensor. A rank of a tensor-parallel model holds
// a box of a weight, a rank that shards flat memory a run of its elements.
struct CheckpointSlice {
  std::vector<std::int64_t> shape;   // of the whole tensor
  std::vector<std::int64_t> begin;   // where the box begins in it
  std::vector<std::int64_t> extent;  // of the box
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// A tensor of a checkpoint, by its path in it: "model/layers.0.self_attn.q_proj.weight",
// "optimizer/layers.0.self_attn.q_proj.weight/exp_avg". What stands before the first slash is its
// part, a word of letters, digits, '_' and '-': parts lie in files of their own, and can be dropped
// by themselves.
struct CheckpointValue {
  std::string name;
  at::Tensor value;

  // Of a value with a slice only the number of elements counts, not its shape.
  std::optional<CheckpointSlice> slice = {};
};

// What a run is at a step.
struct CheckpointContents {
  // The slices of a tensor, together, are all of it, each element once.
  std::vector<CheckpointValue> tensors;

  // Small texts by their path: "trainer/state.json", "data/shard-00017". Parts as above.
  std::map<std::string, std::string> texts;
};

struct CheckpointTensorInfo {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
};

// A checkpoint that is there as a whole: its manifest was read, and every file has the size that
// the manifest says. Where one vanishes later, because the run that wrote it keeps newer ones
// instead, reading is a DataError.
//
// Immutable once made; every member may be called from any thread.
class Checkpoint {
 public:
  // Throws DataError, naming the file, where something is missing, cut short or contradicts itself.
  explicit Checkpoint(std::filesystem::path folder);

  const std::filesystem::path& folder() const;
  std::int64_t step() const;
  std::optional<double> score() const;
  const std::string& time() const;          // when it was saved: "2026-11-21T19:58:32Z"
  const std::string& roux_version() const;  // that wrote it
  std::uint64_t bytes() const;              // of all files but the manifest

  bool has_part(const std::string& part) const;

  // Whether there is nothing but the part "model": a model to load, and no run to go on with.
  bool is_model_only() const;

  const std::map<std::string, std::string>& texts() const;
  std::vector<std::string> tensor_names(const std::string& part) const;
  std::vector<CheckpointTensorInfo> tensors() const;  // by name

  // Fills each value, which has the dtype that was saved, and the shape or the slice: however the
  // tensor was cut when it was saved. Reads no more of the files than that takes, with several
  // threads. Throws DataError with all that is missing or misshapen by name before anything is
  // read, and for bytes that are not those that were written: then values may be half filled.
  void read(std::span<const CheckpointValue> targets) const;

  // Reads every byte. Throws DataError that names each file whose bytes are not those that were
  // written, and where.
  void verify() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace roux
