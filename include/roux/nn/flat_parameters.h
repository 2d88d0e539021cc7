#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/random.h"
#include "roux/nn/module.h"

namespace roux::nn {

// Where a parameter lies within its group's buffers.
struct FlatEntry {
  std::string name;
  ParameterPlace place;
  std::vector<std::int64_t> sizes;
  std::int64_t number = 0;  // among all of the model's parameters, as they were registered
  std::int64_t offset = 0;  // in elements; a multiple of 256 bytes
  std::int64_t numel = 0;
};

// Parameters that are gathered, reduced and stepped together: those of one block (or of what lies
// outside the blocks: ""), of one dtype, all trained or none.
struct FlatGroup {
  std::string block;
  at::ScalarType dtype = at::kFloat;
  bool trainable = true;
  std::vector<FlatEntry> entries;
  std::int64_t numel = 0;  // of the buffers: the gaps between entries included

  at::Tensor values;     // [numel], once materialised; the gaps are zero
  at::Tensor masters;    // [numel]: where values are rounded ones to compute with, the exact ones
  at::Tensor gradients;  // [numel], once asked for; entries' .grad are views of it

  // What is trained and saved.
  const at::Tensor& exact() const { return masters.defined() ? masters : values; }
};

// An entry's part of one of its group's buffers, in the parameter's shape.
at::Tensor entry_of(const at::Tensor& buffer, const FlatEntry& entry);

// Lays a model's parameters out in one buffer for each (block, dtype, trainable), so that clipping,
// the optimizer, a reduction and a checkpoint each walk contiguous memory, and a shard is a slice.
//
//   nn::FlatParameters flat(*model);  // lays out; allocates nothing
//   flat.materialise(at::kCPU);
//   flat.initialise(RandomStream(seed, "model"));
//
// The model is laid out as it stands: swap what stands in its slots, change dtypes and freeze
// before. Must not outlive the model.
class FlatParameters {
 public:
  explicit FlatParameters(torch::nn::Module& root);

  const std::vector<FlatGroup>& groups() const { return groups_; }

  // The entry of that name, in whichever group, or nullptr.
  const FlatEntry* find(const std::string& name) const;

  // Allocates the values, and makes every parameter a view of them. What a foreign module's
  // parameter held is copied.
  void materialise(at::Device device);

  // Gives every declared parameter its first values, each from the stream's child of its name.
  // Requires: materialised.
  void initialise(const RandomStream& stream);

  // Has the modules compute with values rounded to `dtype`. What is trained keeps its exact values
  // as masters, for an optimizer to change both. Requires: materialised, and no gradients yet.
  void compute_in(at::ScalarType dtype);

  // Rounds the masters once more, after they were changed by something else than an optimizer.
  void round_masters();

  // Allocates gradients, zeroed, in `dtype` (unset: that of exact()), and presets every trainable
  // parameter's .grad to a view, into which autograd accumulates. Requires: materialised.
  void allocate_gradients(std::optional<at::ScalarType> dtype = std::nullopt);
  void zero_gradients();

 private:
  std::vector<FlatGroup> groups_;
};

}  // namespace roux::nn
