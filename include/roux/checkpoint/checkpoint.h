#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace roux {

// A tensor of a checkpoint, by its path in it: "model/layers.0.self_attn.q_proj.weight",
// "optimizer/layers.0.self_attn.q_proj.weight/exp_avg". What stands before the first slash is its
// part: parts lie in files of their own, and can be dropped by themselves.
struct CheckpointTensor {
  std::string name;
  at::Tensor value;
};

// What a run is at a step.
struct CheckpointContents {
  std::vector<CheckpointTensor> tensors;

  // Small texts by their path: "trainer/state.json", "data/shard-00017". Parts as above.
  std::map<std::string, std::string> texts;
};

// A checkpoint that is there as a whole: its manifest was read, and every file has the size that
// the manifest says.
class Checkpoint {
 public:
  // Throws DataError, naming the file, where something is missing or cut short.
  explicit Checkpoint(std::filesystem::path folder);

  const std::filesystem::path& folder() const;
  std::int64_t step() const;

  bool has_part(const std::string& part) const;
  const std::map<std::string, std::string>& texts() const;
  std::vector<std::string> tensor_names(const std::string& part) const;

  // Fills each value, which has the shape and the dtype that was saved. Throws DataError with all
  // that is missing or misshapen by name before anything is read, and for bytes that are not those
  // that were written.
  void read(std::span<const CheckpointTensor> targets) const;

  // Throws DataError for the first file whose bytes are not those that were written.
  void verify() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace roux
