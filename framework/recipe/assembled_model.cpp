#include "recipe/assembled_model.h"

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/units.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"

namespace roux {

AssembledModel assemble_model(const ModelHub& hub, const ModelConfig& config,
                              const TrainerConfig& trainer, std::span<Modifier* const> modifiers,
                              const RandomStream& random) {
  PlannedModel planned = hub.plan(config);
  for (Modifier* modifier : modifiers) modifier->model_built(*planned.model);
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
