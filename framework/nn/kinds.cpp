#include "roux/nn/kinds.h"

namespace roux::nn {

void describe(config::EnumValues<NormKind>& value) {
  value("rms", NormKind::Rms, "RMSNorm: divides by the root of the mean square.");
  value("layer", NormKind::Layer, "LayerNorm: also subtracts the mean, and has a bias.");
}

void describe(config::EnumValues<NormPlacement>& value) {
  value("before", NormPlacement::Before, "x + f(norm(x)): Llama, and most.");
  value("after", NormPlacement::After, "x + norm(f(x)): OLMo 2.");
  value("both", NormPlacement::Both, "x + norm(f(norm(x))): Gemma 2 and 3.");
}

void describe(config::EnumValues<QueryKeyNorm>& value) {
  value("none", QueryKeyNorm::None, "Queries and keys as they are projected.");
  value("per_head", QueryKeyNorm::PerHead, "Each head's by itself: Qwen 3, Gemma 3.");
  value("whole", QueryKeyNorm::Whole, "All heads' at once: OLMo 2.");
}

}  // namespace roux::nn
