#include "checkpoint/sample_run.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>

#include "roux/base/error.h"

namespace roux {
namespace {

at::Tensor numbers(std::int64_t first, at::IntArrayRef shape, at::ScalarType dtype) {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  // Bytes wrap around, which arange() refuses.
  const auto made_as = dtype == at::kByte ? at::kLong : dtype;
  return at::arange(first, first + count, at::TensorOptions(made_as)).to(dtype).view(shape);
}

}  // namespace

CheckpointContents contents_at(std::int64_t step, std::int64_t size) {
  CheckpointContents contents;
  for (int layer = 0; layer < 3; ++layer) {
    const std::string name = cat("layers.", layer, ".weight");
    const auto first = step * 1000 + layer;
    contents.tensors.push_back({"model/" + name, numbers(first, {64 * size, 40}, at::kFloat)});
    contents.tensors.push_back(
        {"optimizer/" + name + "/exp_avg", numbers(first + 1, {64 * size, 40}, at::kDouble)});
    contents.tensors.push_back({"optimizer/" + name + "/codes", numbers(layer, {77}, at::kByte)});
  }
  contents.tensors.push_back({"model/scale", numbers(step, {}, at::kFloat)});
  contents.tensors.push_back({"model/none", numbers(0, {0, 5}, at::kBFloat16)});
  contents.tensors.push_back({"optimizer/step", numbers(step, {1}, at::kLong)});
  contents.texts["trainer/state.json"] = cat("{\"step\": ", step, "}");
  contents.texts["trainer/binary"] = std::string("\0\xff\n", 3);
  contents.texts["data/shard-00000"] = "";
  contents.texts["data/shard-00001"] = std::string(static_cast<std::size_t>(step % 50), 'x');
  return contents;
}

std::vector<CheckpointValue> targets() {
  auto tensors = contents_at(0).tensors;
  for (auto& tensor : tensors) tensor.value = at::empty_like(tensor.value);
  return tensors;
}

std::string difference_of(const Checkpoint& checkpoint, std::int64_t size) {
  const auto expected = contents_at(checkpoint.step(), size);
  const bool is_model = checkpoint.is_model_only();
  std::vector<CheckpointValue> read;
  std::vector<at::Tensor> written;
  for (const auto& tensor : expected.tensors) {
    if (is_model && !tensor.name.starts_with("model/")) continue;
    read.push_back({tensor.name, at::empty_like(tensor.value)});
    written.push_back(tensor.value);
  }
  checkpoint.read(read);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (!at::equal(read[i].value, written[i])) return read[i].name;
  }
  if (checkpoint.tensors().size() != read.size()) return "it holds other tensors";
  if (checkpoint.texts() != (is_model ? decltype(expected.texts)() : expected.texts)) {
    return "it holds other texts";
  }
  return "";
}

}  // namespace roux
