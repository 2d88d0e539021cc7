#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "ops/reference.h"

namespace roux::ops::reference {

at::Tensor dropout(const at::Tensor& x, double p, const RandomStream& stream,
                   std::uint64_t first_element) {
  const at::Tensor kept = at::empty(x.sizes(), at::TensorOptions(at::kDouble));
  auto* factor = kept.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::uint64_t index = first_element + static_cast<std::uint64_t>(i);
    factor[i] = stream.uniform(index) < p ? 0.0 : 1.0 / (1.0 - p);
  }
  const auto compute = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return (x.to(compute) * kept.to(x.device(), compute)).to(x.scalar_type());
}

}  // namespace roux::ops::reference
