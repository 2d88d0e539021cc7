#include "roux/model/safetensors_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <set>
#include <utility>

#include "model/safetensors_header.h"
#include "model/safetensors_index.h"
#include "roux/base/atomic_file.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/model/safetensors.h"
#include "roux/model/safetensors_tensors.h"

namespace roux {
namespace {

std::uint64_t bytes_of(const TensorSource& source) {
  std::uint64_t bytes = size_of(source.dtype);
  for (const auto extent : source.shape) bytes *= static_cast<std::uint64_t>(extent);
  return bytes;
}

void require_unique_names(const std::vector<TensorSource>& tensors) {
  std::set<std::string_view> names;
  for (const auto& tensor : tensors) {
    require(names.insert(tensor.name).second && tensor.name != "__metadata__",
            cat("the tensor name \"", tensor.name, "\" can't be written twice or at all"));
  }
}

// The reference library's order: wide elements first, so that each tensor is aligned.
void sort_as_the_reference(std::vector<TensorSource>& tensors) {
  const auto rank = [](const TensorSource& tensor) {
    return &safetensors::stored_type(tensor.dtype);
  };
  std::sort(tensors.begin(), tensors.end(), [&](const auto& a, const auto& b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a.name < b.name;
  });
}

void write_tensor(AtomicFile& file, const TensorSource& source) {
  const at::Tensor tensor = source.make();
  require(tensor.sizes() == at::IntArrayRef(source.shape) &&
              tensor.scalar_type() == to_scalar_type(source.dtype),
          cat("tensor \"", source.name, "\" must have the shape and dtype that were announced"));
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  file.write({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
}

std::string shard_name(std::size_t number, std::size_t count) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "model-%05zu-of-%05zu.safetensors", number, count);
  return text.data();
}

std::vector<std::vector<TensorSource>> share_out(std::vector<TensorSource> tensors,
                                                 std::uint64_t max_bytes) {
  std::vector<std::vector<TensorSource>> shards(1);
  std::uint64_t used = 0;
  for (auto& tensor : tensors) {
    const std::uint64_t bytes = bytes_of(tensor);
    if (!shards.back().empty() && (used > max_bytes || bytes > max_bytes - used)) {
      shards.emplace_back();
      used = 0;
    }
    used += bytes;
    shards.back().push_back(std::move(tensor));
  }
  return shards;
}

}  // namespace

TensorSource source_of(std::string name, at::Tensor tensor) {
  const auto dtype = to_dtype(tensor.scalar_type());
  auto shape = tensor.sizes().vec();
  return {std::move(name), dtype, std::move(shape),
          [tensor = std::move(tensor)] { return tensor; }};
}

void write_safetensors(const std::filesystem::path& file, std::vector<TensorSource> tensors,
                       const SafetensorsMetadata& metadata) {
  require_unique_names(tensors);
  sort_as_the_reference(tensors);
  std::vector<StoredTensor> stored;
  for (const auto& tensor : tensors) {
    stored.push_back({.name = tensor.name,
                      .stored_dtype = std::string(safetensors::stored_type(tensor.dtype).word),
                      .dtype = tensor.dtype,
                      .shape = tensor.shape,
                      .size = bytes_of(tensor)});
  }
  const std::string header = safetensors::header_text(stored, metadata);
  require(header.size() <= safetensors::kMaxHeaderBytes,
          "a safetensors header of more than 100 MB can't be read back");

  AtomicFile out(file);
  out.write(header);
  for (auto& tensor : tensors) {
    write_tensor(out, tensor);
    tensor.make = nullptr;  // frees what it held
  }
  out.commit();
}

std::vector<std::filesystem::path> write_safetensors_folder(const std::filesystem::path& folder,
                                                            std::vector<TensorSource> tensors,
                                                            const ShardingOptions& options) {
  if (holds_safetensors(folder)) {
    throw Error(cat("cannot write a model into ", folder,
                    ": it holds safetensors files already, and a mixture would load as one"));
  }
  require_unique_names(tensors);
  safetensors::Index index;
  for (const auto& tensor : tensors) {
    index.total_size += bytes_of(tensor);
    index.total_parameters += bytes_of(tensor) / size_of(tensor.dtype);
  }
  auto shards = share_out(std::move(tensors), options.max_file_bytes);

  std::vector<std::filesystem::path> files;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto name =
        shards.size() == 1 ? std::string("model.safetensors") : shard_name(i + 1, shards.size());
    for (const auto& tensor : shards[i]) index.weight_map[tensor.name] = name;
    files.push_back(folder / name);
    write_safetensors(files.back(), std::move(shards[i]), options.metadata);
  }
  if (files.size() > 1) {
    files.push_back(folder / "model.safetensors.index.json");
    write_file(files.back(), safetensors::index_text(index));
  }
  return files;
}

}  // namespace roux
