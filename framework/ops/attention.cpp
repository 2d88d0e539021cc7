#include "roux/ops/attention.h"

#include "ops/reference.h"

namespace roux::ops {

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const AttentionLayout& layout, const AttentionOptions& options) {
  return reference::attention(q, k, v, layout, options);
}

}  // namespace roux::ops
