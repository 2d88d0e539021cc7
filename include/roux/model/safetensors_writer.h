#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "roux/base/dtype.h"

namespace roux {

// A tensor that is to be written. `make` is called when its turn has come, and what it gave is
// dropped once it is written: a model that is converted on its way out is never there twice.
struct TensorSource {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
  std::function<at::Tensor()> make;
};

// The source of a tensor that is there.
TensorSource source_of(std::string name, at::Tensor tensor);

using SafetensorsMetadata = std::map<std::string, std::string>;

// What transformers wants to see.
inline const SafetensorsMetadata kPyTorchFormat = {{"format", "pt"}};

// Writes one file, atomically and durably (base/atomic_file.h): the same bytes as the reference
// library. Tensors may have any strides and be on any device. Throws Error.
void write_safetensors(const std::filesystem::path& file, std::vector<TensorSource> tensors,
                       const SafetensorsMetadata& metadata = kPyTorchFormat);

struct ShardingOptions {
  // The most that tensors take in one file; a larger tensor gets a file of its own.
  std::uint64_t max_file_bytes = 5'000'000'000;
  SafetensorsMetadata metadata = kPyTorchFormat;
};

// Writes `model.safetensors`, or `model-00001-of-0000N.safetensors` and so on with the index, which
// comes last, into a folder that has no safetensors files yet. Tensors are shared out in their
// order. Returns the files it wrote. Throws Error.
std::vector<std::filesystem::path> write_safetensors_folder(const std::filesystem::path& folder,
                                                            std::vector<TensorSource> tensors,
                                                            const ShardingOptions& options = {});

}  // namespace roux
