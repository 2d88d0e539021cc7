#include "ops/few_rows.h"

#include <ATen/ops/empty.h>
#include <ATen/record_function.h>

#include "ops/kernels/few_rows.h"
#include "ops/rows.h"

namespace roux::ops {

bool has_few_rows(const at::Tensor& x, const at::Tensor& weight) {
  constexpr std::int64_t kFewRows = 4;
  const auto dtype = x.scalar_type();
  return x.size(0) > 0 && x.size(0) <= kFewRows && x.device().is_cpu() &&
         weight.device().is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) &&
         weight.scalar_type() == dtype && weight.size(1) > 0 && weight.stride(1) == 1 &&
         find_few_rows_kernels() != nullptr;
}

at::Tensor product_of_few_rows(const at::Tensor& x, const at::Tensor& weight) {
  RECORD_FUNCTION("roux::linear_of_few_rows", c10::ArrayRef<c10::IValue>{});
  const at::Tensor wide = x.to(at::kFloat).contiguous();
  at::Tensor y = at::empty({x.size(0), weight.size(0)}, x.options().requires_grad(false));
  by_dtype(find_few_rows_kernels(), x.scalar_type(), [&](const auto& kernel, auto zero) {
    using T = decltype(zero);
    at::parallel_for(0, weight.size(0), rows_a_thread(weight.size(1)),
                     [&](std::int64_t begin, std::int64_t end) {
                       kernel({.x = data_of<float>(wide),
                               .rows = wide.size(0),
                               .dim = wide.size(1),
                               .weight = data_of<T>(weight) + begin * weight.stride(0),
                               .weight_stride = weight.stride(0),
                               .y = mutable_data_of<T>(y) + begin,
                               .y_stride = y.size(1),
                               .count = end - begin});
                     });
  });
  return y;
}

}  // namespace roux::ops
