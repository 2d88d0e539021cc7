#include "recipe/assembled_model.h"

#include "roux/base/error.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/nn/activation_checkpointing.h"
#include "roux/nn/finite_checks.h"

namespace roux {
namespace {

// Around what modifiers have put there. The checks are outermost: a block that is computed again is
// checked once.
void wrap_passes(LanguageModel& model, const TrainerConfig& trainer) {
  const ActivationCheckpointingConfig& checkpointing = trainer.activation_checkpointing;
  if (checkpointing.mode == ActivationCheckpointingMode::Layerwise) {
    nn::checkpoint_blocks(model.blocks(), checkpointing.every_nth_layer);
  }
  if (trainer.anomaly_detection) {
    const bool overflows = trainer.mixed_precision.mode != MixedPrecisionMode::Off &&
                           trainer.mixed_precision.dtype == DType::Float16;
    using Scope = nn::FiniteChecks::Scope;
    model.check_finite(nn::FiniteChecks(overflows ? Scope::Forward : Scope::ForwardAndBackward));
  }
}

}  // namespace

AssembledModel assemble_model(const ModelHub& hub, const ModelConfig& config,
                              const TrainerConfig& trainer, std::span<Modifier* const> modifiers,
                              const RandomStream& random) {
  PlannedModel planned = hub.plan(config);
  for (Modifier* modifier : modifiers) modifier->model_built(*planned.model);
  wrap_passes(*planned.model, trainer);
  auto parameters = std::make_unique<nn::FlatParameters>(*planned.model);
  parameters->materialise(at::kCPU);
  if (planned.weights) {
    load_weights(*planned.model, SafetensorsReader(*planned.weights));
  } else {
    parameters->initialise(random.child("model"));
  }
  if (trainer.mixed_precision.mode == MixedPrecisionMode::Static) {
    parameters->compute_in(to_scalar_type(trainer.mixed_precision.dtype));
  }
  return {std::move(planned.model), std::move(parameters)};
}

}  // namespace roux
