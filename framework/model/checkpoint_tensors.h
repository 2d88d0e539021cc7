#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "roux/model/language_model.h"

namespace roux {

// A tensor of a checkpoint and what it consists of.
struct CheckpointTensor {
  struct Part {
    TensorPiece piece;
    at::Tensor ours;  // the parameter's part, turned as theirs is; without gradient
  };

  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<Part> parts;
};

// Every tensor that a model's checkpoint has, sorted by name. Throws InternalError where the map
// and the model's parameters don't fit together.
std::vector<CheckpointTensor> checkpoint_tensors(const nn::Module& model, const TensorMap& map);

}  // namespace roux
