#pragma once

#include "roux/ops/linear_cross_entropy.h"

namespace roux::ops {

// The loss of each token where the logits are at hand, [tokens, vocabulary]: what
// linear_cross_entropy_per_token() gives without its projection.
at::Tensor cross_entropy_per_token(const at::Tensor& logits, const at::Tensor& targets,
                                   const CrossEntropyOptions& options = {});

}  // namespace roux::ops
