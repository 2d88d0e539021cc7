#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "roux/nn/token_batch.h"

namespace roux::parity {

using Gradients = std::map<std::string, at::Tensor>;  // by the names of the checkpoint

// A loss, and its gradient for every tensor of the checkpoint.
struct ExpectedLoss {
  at::Tensor value;
  Gradients gradients;
};

// What the reference computed with the checkpoint in a folder: `expected.safetensors` and
// `case.json`, as tools/parity writes them. Each document was run alone.
struct Expected {
  std::string name;
  std::string family;

  at::Tensor ids;                        // the documents, one after the other
  std::vector<std::int64_t> cu_seqlens;  // where each begins, and the end
  at::Tensor targets;                    // of each token; -100: none
  at::Tensor logits;                     // [tokens, vocabulary]
  ExpectedLoss loss;                     // the sum over the targets

  // The balance of the experts, as it is and before its coefficient.
  std::optional<ExpectedLoss> balance;
  double balance_coefficient = 0.0;

  // Whether the checkpoint has tensors of several dtypes.
  bool mixed_dtypes = false;

  // The tokens of each document that a cache begins with, at least.
  std::int64_t cache_from = 1;

  std::int64_t documents() const { return static_cast<std::int64_t>(cu_seqlens.size()) - 1; }
  std::vector<std::int64_t> lengths() const;
};

Expected read_expected(const std::filesystem::path& folder);

enum class Arrangement { Packed, RightPadded, LeftPadded };

// The documents as a batch. `real` says which of its rows are theirs, in their order.
struct ArrangedBatch {
  nn::TokenBatch batch;
  at::Tensor targets;
  at::Tensor real;  // [tokens of the documents], int64
};

ArrangedBatch arrange(const Expected& expected, Arrangement arrangement);

}  // namespace roux::parity
