#include "recipe/assembled_model.h"

#include <memory_resource>
#include <utility>

#include "roux/base/error.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/nn/activation_checkpointing.h"
#include "roux/nn/finite_checks.h"
#include "roux/ops/cpu_level.h"
#include "roux/ops/pinned_memory.h"

namespace roux {
namespace {

// Where activations go between the passes; nullptr: they stay.
std::shared_ptr<std::pmr::memory_resource> memory_for(ActivationOffload offload,
                                                      at::Device device) {
  if (offload == ActivationOffload::Off) return nullptr;
  const bool pinned = offload == ActivationOffload::Pinned;
  if (device.is_cpu() || device.is_meta()) {
    throw ConfigError(cat(
        "trainer.activation_checkpointing.offload must be \"off\" for a model on the CPU, whose "
        "activations are in the host's memory anyway, but is \"",
        pinned ? "pinned" : "plain", "\""));
  }
  if (pinned) return std::make_shared<ops::PinnedMemory>();
  return {std::pmr::new_delete_resource(), [](std::pmr::memory_resource*) {}};
}

// Those operations alone can say how their outputs are made again that have kernels.
void check_selective(DType dtype) {
  const std::string name = "trainer.activation_checkpointing.mode can't be \"selective\" ";
  if (dtype != DType::Float32 && dtype != DType::BFloat16) {
    throw ConfigError(cat(name, "for a model that computes in ", to_string(dtype),
                          ": only float32 and bfloat16 can (\"layerwise\" always can)"));
  }
  if (ops::cpu_level() == ops::CpuLevel::Reference) {
    throw ConfigError(cat(name, "on a CPU without AVX2 (\"layerwise\" always can)"));
  }
}

DType dtype_to_compute_in(const LanguageModel& model, const MixedPrecisionConfig& mixed) {
  if (mixed.mode == MixedPrecisionMode::Static) return mixed.dtype;
  return to_dtype(model.parameters().front().scalar_type());
}

// Around what modifiers have put there. The checks are outermost: a block that is computed again is
// checked once.
void wrap_passes(LanguageModel& model, const TrainerConfig& trainer, at::Device device) {
  const ActivationCheckpointingConfig& checkpointing = trainer.activation_checkpointing;
  if (checkpointing.mode == ActivationCheckpointingMode::Layerwise) {
    nn::checkpoint_blocks(model.blocks(), checkpointing.every_nth_layer);
  }
  if (checkpointing.mode == ActivationCheckpointingMode::Selective) {
    check_selective(dtype_to_compute_in(model, trainer.mixed_precision));
    nn::checkpoint_selectively(model.blocks(), checkpointing.every_nth_layer);
  }
  if (auto memory = memory_for(checkpointing.offload, device)) {
    nn::offload_activations(model.blocks(), std::move(memory));
  }
  if (trainer.anomaly_detection) {
    const bool overflows = trainer.mixed_precision.mode != MixedPrecisionMode::Off &&
                           trainer.mixed_precision.dtype == DType::Float16;
    using Scope = nn::FiniteChecks::Scope;
    model.check_finite(nn::FiniteChecks(overflows ? Scope::Forward : Scope::ForwardAndBackward));
  }
}

}  // namespace

AssembledModel assemble_model(FoundModel found, const TrainerConfig& trainer,
                              std::span<Modifier* const> modifiers, const RandomStream& random,
                              at::Device device) {
  for (Modifier* modifier : modifiers) modifier->model_built(*found.model);
  wrap_passes(*found.model, trainer, device);
  auto parameters = std::make_unique<nn::FlatParameters>(*found.model);
  parameters->materialise(device);
  if (!device.is_meta() && !read_values(found, *parameters))
    parameters->initialise(random.child("model"));
  if (trainer.mixed_precision.mode == MixedPrecisionMode::Static) {
    parameters->compute_in(to_scalar_type(trainer.mixed_precision.dtype));
  }
  return {found.model, std::move(parameters)};
}

}  // namespace roux
