#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// The element types of tensors, known here so that a config can name one without LibTorch.
enum class DType {
  Float64,
  Float32,
  Float16,
  BFloat16,
  Int64,
  Int32,
  Int16,
  Int8,
  UInt8,
  Bool,
  Float8E4M3,
  Float8E5M2,
};

// PyTorch's name without "torch.": "bfloat16", "float8_e4m3fn".
std::string_view to_string(DType dtype);

// The dtype that PyTorch calls `name`, with or without "torch."; nullopt for anything else.
std::optional<DType> parse_dtype(std::string_view name);

// Bytes an element takes.
std::size_t size_of(DType dtype);

// All names, in the order of the enum.
std::vector<std::string> dtype_names();

}  // namespace roux
