#pragma once

#include "roux/nn/kinds.h"
#include "roux/nn/module.h"

namespace roux::nn {

struct NormOptions {
  NormKind kind = NormKind::Rms;
  double eps = 1e-5;

  // What is added to the stored weight: 1 where weights are stored around zero, as Gemma's are.
  double weight_offset = 0.0;
};

// Normalises over the last dimension, of `dim` elements. LayerNorm has a bias, RMSNorm has none.
class Norm final : public Module {
 public:
  Norm(std::int64_t dim, const NormOptions& options);

  at::Tensor forward(const at::Tensor& x);

 private:
  NormOptions options_;
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace roux::nn
