#include "roux/ops/embedding.h"

#include <ATen/ops/embedding.h>

namespace roux::ops {

at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids) {
  return at::embedding(weight, ids);
}

}  // namespace roux::ops
