#include <ATen/ops/empty.h>

#include <cmath>

#include "ops/kernels/dropout.h"
#include "ops/passes.h"
#include "ops/rows.h"

namespace roux::ops::passes {

at::Tensor dropout(const at::Tensor& x, double p, std::uint64_t key, std::uint64_t first_element) {
  const at::Tensor in = x.contiguous();
  at::Tensor y = at::empty(x.sizes(), x.options());
  const auto scale = static_cast<float>(1.0 / (1.0 - p));
  // uniform(i) < p, in whole numbers: a uniform number is its upper 53 bits over 2^53.
  const auto threshold = static_cast<std::uint64_t>(std::ceil(p * 0x1p53));
  by_dtype(find_dropout_kernels(), x.scalar_type(), [&](const auto& kernel, auto zero) {
    using T = decltype(zero);
    for_numbers(in.numel(), [&](std::int64_t begin, std::int64_t end) {
      kernel(data_of<T>(in) + begin, mutable_data_of<T>(y) + begin, end - begin, scale, threshold,
             key, first_element + static_cast<std::uint64_t>(begin));
    });
  });
  return y;
}

}  // namespace roux::ops::passes
