#include "roux/nn/training_batch.h"

#include <ATen/ops/from_blob.h>

namespace roux::nn {

TrainingBatch TrainingBatch::from(const data::PackedBatch& packed, at::Device device) {
  at::Tensor rows = at::from_blob(
      packed.memory().get(), {3, packed.length()},
      [memory = packed.memory()](void*) mutable { memory.reset(); }, at::TensorOptions(at::kLong));
  if (device != at::kCPU) rows = rows.to(device, /*non_blocking=*/true);
  return {{rows[0], rows[2], ops::AttentionLayout::packed(packed.cu_seqlens)},
          rows[1],
          packed.num_targets};
}

}  // namespace roux::nn
