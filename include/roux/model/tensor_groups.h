#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/model/safetensors.h"

namespace roux {

// Tensors of one dtype and shape whose names differ only in numbers: the layers of a model.
struct TensorGroup {
  std::string name;  // "model.layers.{0-31}.mlp.down_proj.weight"
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::int64_t count = 0;
  std::int64_t parameters = 0;  // of all together
  std::uint64_t bytes = 0;
};

// Every tensor is in one group, alone if it has no like. Sorted as a person would: by the first
// name of each, numbers by their value.
std::vector<TensorGroup> group_tensors(std::span<const StoredTensor> tensors);

// Whether `a` stands before `b` where numbers in names count by their value: "l.2" before "l.10".
bool natural_less(std::string_view a, std::string_view b);

// PyTorch's name of a stored dtype where it has one here, else the file's word: "bfloat16", "U32".
std::string dtype_text(const StoredTensor& tensor);

}  // namespace roux
