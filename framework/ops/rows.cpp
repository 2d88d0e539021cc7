#include "ops/rows.h"

#include "ops/kernels/norm.h"
#include "ops/passes.h"

namespace roux::ops {
namespace {

// Whether all dimensions but the last step through memory as one.
bool is_rows(const at::Tensor& x) {
  if (x.dim() == 0 || (x.stride(-1) != 1 && x.size(-1) > 1)) return false;
  std::int64_t expected = -1;
  for (std::int64_t d = x.dim() - 2; d >= 0; --d) {
    if (x.size(d) == 1) continue;
    if (expected >= 0 && x.stride(d) != expected) return false;
    if (x.stride(d) < x.size(-1)) return false;  // expanded: a kernel's rows lie apart
    expected = x.stride(d) * x.size(d);
  }
  return true;
}

std::int64_t stride_of(const at::Tensor& x) {
  for (std::int64_t d = x.dim() - 2; d >= 0; --d) {
    if (x.size(d) != 1) return x.stride(d);
  }
  return x.size(-1);
}

}  // namespace

Rows rows_of(const at::Tensor& x) {
  Rows rows;
  rows.tensor = is_rows(x) ? x : x.contiguous();
  rows.dim = x.dim() == 0 ? 1 : x.size(-1);
  rows.count = rows.dim == 0 ? 0 : x.numel() / rows.dim;
  rows.stride = x.dim() == 0 ? 1 : stride_of(rows.tensor);
  return rows;
}

bool passes::runs_by_kernel(const at::Tensor& x) {
  return x.device().is_cpu() && x.layout() == at::kStrided && x.dim() >= 1 &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         find_norm_kernels() != nullptr;
}

}  // namespace roux::ops
