#include "roux/base/dtype.h"

#include <array>

#include "roux/base/error.h"

namespace roux {
namespace {

struct Entry {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kEntries{
    Entry{DType::Float64, "float64", 8},
    Entry{DType::Float32, "float32", 4},
    Entry{DType::Float16, "float16", 2},
    Entry{DType::BFloat16, "bfloat16", 2},
    Entry{DType::Int64, "int64", 8},
    Entry{DType::Int32, "int32", 4},
    Entry{DType::Int16, "int16", 2},
    Entry{DType::Int8, "int8", 1},
    Entry{DType::UInt8, "uint8", 1},
    Entry{DType::Bool, "bool", 1},
    Entry{DType::Float8E4M3, "float8_e4m3fn", 1},
    Entry{DType::Float8E5M2, "float8_e5m2", 1},
};

const Entry& entry_of(DType dtype) {
  for (const Entry& entry : kEntries) {
    if (entry.dtype == dtype) return entry;
  }
  throw InternalError(cat("no dtype has the number ", static_cast<int>(dtype)));
}

}  // namespace

std::string_view to_string(DType dtype) {
  return entry_of(dtype).name;
}

std::optional<DType> parse_dtype(std::string_view name) {
  constexpr std::string_view kTorch = "torch.";
  if (name.starts_with(kTorch)) name.remove_prefix(kTorch.size());

  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.dtype;
  }
  return std::nullopt;
}

std::size_t size_of(DType dtype) {
  return entry_of(dtype).size;
}

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

}  // namespace roux
