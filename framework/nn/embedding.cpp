#include "roux/nn/embedding.h"

#include "roux/ops/embedding.h"
#include "roux/ops/linear.h"

namespace roux::nn {

Embedding::Embedding(std::int64_t count, std::int64_t dim, Init init) {
  parameter(weight_, "weight", {count, dim}, init);
}

at::Tensor Embedding::forward(const at::Tensor& ids) {
  return ops::embedding(weight_, ids);
}

at::Tensor TiedProjection::forward(const at::Tensor& x) {
  return ops::linear(x, embedding_->weight());
}

}  // namespace roux::nn
