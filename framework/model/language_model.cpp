#include "roux/model/language_model.h"

#include <ATen/ops/full.h>

namespace roux {

void LanguageModel::check_finite(const nn::FiniteChecks& checks) {
  for (const auto& module : named_modules("", /*include_self=*/false)) {
    if (module.value().get() == &blocks()) checks.wrap(blocks(), module.key());
  }
}

at::Tensor next_token_targets(const nn::TokenBatch& batch, std::int64_t ignore_index) {
  at::Tensor targets =
      at::full({batch.tokens()}, ignore_index, at::TensorOptions(at::kLong)).to(batch.ids.device());
  for (const ops::AttentionSpan& span : batch.layout.spans()) {
    if (span.query_length < 2) continue;
    targets.narrow(0, span.query_begin, span.query_length - 1)
        .copy_(batch.ids.narrow(0, span.query_begin + 1, span.query_length - 1));
  }
  return targets;
}

}  // namespace roux
