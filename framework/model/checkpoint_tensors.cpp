#include "model/checkpoint_tensors.h"

#include <set>

#include "roux/base/error.h"

namespace roux {
namespace {

at::Tensor part_of(const at::Tensor& parameter, const TensorPiece& piece) {
  at::Tensor part = parameter.detach();
  if (piece.expert) part = part.select(0, *piece.expert);
  return piece.transposed ? part.t() : part;
}

}  // namespace

std::vector<CheckpointTensor> checkpoint_tensors(const nn::Module& model, const TensorMap& map) {
  std::map<std::string, at::Tensor> parameters;
  for (nn::ParameterPlace& place : nn::parameter_places(model)) {
    parameters.emplace(std::move(place.name), std::move(place.value));
  }
  std::set<std::string> covered;
  std::map<std::string, CheckpointTensor> tensors;
  for (const TensorPiece& piece : map.pieces()) {
    const auto found = parameters.find(piece.ours);
    require(found != parameters.end(),
            cat("the map names ", piece.ours, ", which is no parameter"));
    covered.insert(piece.ours);
    CheckpointTensor& tensor = tensors[piece.theirs];
    tensor.name = piece.theirs;
    at::Tensor ours = part_of(found->second, piece);
    if (tensor.parts.empty()) {
      tensor.shape = ours.sizes().vec();
    } else {
      tensor.shape[static_cast<std::size_t>(piece.dim)] += ours.size(piece.dim);
    }
    tensor.parts.push_back({piece, std::move(ours)});
  }
  for (const auto& [name, value] : parameters) {
    require(covered.contains(name), cat("the map leaves out the parameter ", name));
  }
  std::vector<CheckpointTensor> all;
  for (auto& [name, tensor] : tensors) all.push_back(std::move(tensor));
  return all;
}

}  // namespace roux
