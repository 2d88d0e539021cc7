#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "roux/base/dtype.h"
#include "roux/model/safetensors.h"

namespace roux {

at::ScalarType to_scalar_type(DType dtype);

// Throws InternalError for what has no DType.
DType to_dtype(at::ScalarType type);

// What lies from `begin` up to `end` of the dimension `dim`.
struct TensorSlice {
  std::int64_t dim = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// A stored tensor, or a slice of it, and where it is to go.
struct TensorRead {
  std::string name;
  at::Tensor target;
  std::optional<TensorSlice> slice = {};
};

// Fills the targets, whatever their strides and devices, with several threads. Of a slice only its
// bytes are read (or the few that lie between, where leaving them out saves no page). A target of
// another floating-point dtype gets the values converted, as Tensor::to would.
//
// Throws DataError where a tensor is not there, has another shape than its target, or a dtype that
// does not go into it (integers into floats, say): before anything is read, with all that is wrong.
void read_tensors(const SafetensorsReader& reader, std::span<const TensorRead> reads);

// A new CPU tensor in its stored dtype.
at::Tensor read_tensor(const SafetensorsReader& reader, std::string_view name);
at::Tensor read_slice(const SafetensorsReader& reader, std::string_view name,
                      const TensorSlice& slice);

// A tensor on the file's own pages, which are read when they are touched: for a look at a few
// values. It keeps the file mapped and open while it lives. SafetensorsReader::map_file() says what
// happens if the file is cut short meanwhile: weights that are to stay are better read.
at::Tensor map_tensor(const SafetensorsReader& reader, std::string_view name);

}  // namespace roux
