#include "roux/ops/dropout.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "roux/base/error.h"

namespace roux::ops {

at::Tensor dropout(const at::Tensor& x, double p, const RandomStream& stream,
                   std::uint64_t first_element) {
  require(p >= 0.0 && p < 1.0, "dropout: p must be in [0, 1)");
  if (p == 0.0) return x;
  const at::Tensor kept = at::empty(x.sizes(), at::TensorOptions(at::kFloat));
  float* factor = kept.mutable_data_ptr<float>();
  const auto scale = static_cast<float>(1.0 / (1.0 - p));
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::uint64_t index = first_element + static_cast<std::uint64_t>(i);
    factor[i] = stream.uniform(index) < p ? 0.0F : scale;
  }
  return x * kept.to(x.device(), x.scalar_type());
}

}  // namespace roux::ops
