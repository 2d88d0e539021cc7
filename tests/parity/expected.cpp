#include "parity/expected.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "roux/base/error.h"
#include "roux/model/safetensors_tensors.h"

namespace roux::parity {
namespace {

constexpr std::int64_t kIgnored = -100;

// What stands in the padding: some id of the vocabulary, which must not change a thing.
constexpr std::int64_t kPadding = 7;

Gradients read_gradients(const SafetensorsReader& reader, std::string_view prefix) {
  Gradients gradients;
  for (const StoredTensor& tensor : reader.tensors()) {
    if (tensor.name.starts_with(prefix)) {
      gradients.emplace(tensor.name.substr(prefix.size()), read_tensor(reader, tensor.name));
    }
  }
  return gradients;
}

}  // namespace

std::vector<std::int64_t> Expected::lengths() const {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 1; i < cu_seqlens.size(); ++i) {
    lengths.push_back(cu_seqlens[i] - cu_seqlens[i - 1]);
  }
  return lengths;
}

Expected read_expected(const std::filesystem::path& folder) {
  std::ifstream file(folder / "case.json");
  if (!file) {
    throw DataError((folder / "case.json").string() + " must be there: tools/parity writes it");
  }
  const auto about = nlohmann::json::parse(file);
  const SafetensorsReader reader(folder / "expected.safetensors");

  Expected expected;
  expected.name = about.at("name").get<std::string>();
  expected.family = about.at("family").get<std::string>();
  expected.mixed_dtypes = about.at("saved_in") == "mixed";
  expected.cache_from = about.at("cache_from").get<std::int64_t>();
  expected.ids = read_tensor(reader, "ids");
  const at::Tensor ends = read_tensor(reader, "cu_seqlens");
  const auto* end = ends.const_data_ptr<std::int64_t>();
  expected.cu_seqlens.assign(end, end + ends.numel());
  expected.targets = read_tensor(reader, "targets");
  expected.logits = read_tensor(reader, "logits");
  expected.loss = {read_tensor(reader, "loss"), read_gradients(reader, "gradient/")};
  if (reader.find("aux_loss") != nullptr) {
    expected.balance = {read_tensor(reader, "aux_loss"), read_gradients(reader, "aux_gradient/")};
    expected.balance_coefficient = about.at("aux_loss_coefficient").get<double>();
  }
  return expected;
}

ArrangedBatch arrange(const Expected& expected, Arrangement arrangement) {
  if (arrangement == Arrangement::Packed) {
    return {nn::TokenBatch::packed(expected.ids, expected.cu_seqlens), expected.targets,
            at::arange(expected.ids.numel(), at::kLong)};
  }
  const bool right = arrangement == Arrangement::RightPadded;
  const auto lengths = expected.lengths();
  // Wider than the longest: every row has padding.
  const std::int64_t width = *std::ranges::max_element(lengths) + 2;
  const at::Tensor ids = at::full({expected.documents(), width}, kPadding, at::kLong);
  const at::Tensor targets = at::full({expected.documents() * width}, kIgnored, at::kLong);
  std::vector<at::Tensor> real;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const std::int64_t begin = right ? 0 : width - lengths[i];
    const std::int64_t from = expected.cu_seqlens[i];
    ids[row].narrow(0, begin, lengths[i]).copy_(expected.ids.narrow(0, from, lengths[i]));
    targets.narrow(0, row * width + begin, lengths[i])
        .copy_(expected.targets.narrow(0, from, lengths[i]));
    real.push_back(at::arange(row * width + begin, row * width + begin + lengths[i], at::kLong));
  }
  const auto side = right ? ops::PaddingSide::Right : ops::PaddingSide::Left;
  return {nn::TokenBatch::padded(ids, lengths, side), targets, at::cat(real)};
}

}  // namespace roux::parity
