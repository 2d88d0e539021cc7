#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "ops/reference.h"

namespace roux::ops::reference {

at::Tensor rotate(const at::Tensor& x, const Rotation& rotation) {
  const auto compute = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const std::int64_t half = rotation.cos.size(-1);
  const at::Tensor cos = rotation.cos.to(compute).unsqueeze(1);
  const at::Tensor sin = rotation.sin.to(compute).unsqueeze(1);
  const at::Tensor first = x.narrow(-1, 0, half).to(compute);
  const at::Tensor second = x.narrow(-1, half, half).to(compute);
  const at::Tensor rest = x.narrow(-1, 2 * half, x.size(-1) - 2 * half);
  return at::cat({(first * cos - second * sin).to(x.scalar_type()),
                  (second * cos + first * sin).to(x.scalar_type()), rest},
                 -1);
}

}  // namespace roux::ops::reference
