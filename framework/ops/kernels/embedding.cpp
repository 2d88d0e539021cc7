#include "ops/kernels/embedding.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

template <typename T>
void sum_rows(const T* dy, const std::int64_t* places, std::int64_t count, std::int64_t dim,
              T* sum) {
  std::int64_t i = 0;
  for (; i + kLanes <= dim; i += kLanes) {
    Vec total = broadcast(0.0F);
    for (std::int64_t p = 0; p < count; ++p) total += load(dy + places[p] * dim + i);
    store(sum + i, total);
  }
  if (const std::int64_t rest = dim - i; rest > 0) {
    Vec total = broadcast(0.0F);
    for (std::int64_t p = 0; p < count; ++p) total += load(dy + places[p] * dim + i, rest);
    store(sum + i, total, rest);
  }
}

}  // namespace

const EmbeddingKernels embedding_kernels{sum_rows<float>, sum_rows<BFloat16>};

}  // namespace roux::ops::ROUX_LEVEL
