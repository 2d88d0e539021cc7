#include "roux/config/sections/trainer.h"

#include "roux/base/error.h"

namespace roux {

void describe(config::EnumValues<DataParallelism>& value) {
  value("ddp", DataParallelism::Ddp, "Every process holds the whole model.");
  value("fsdp", DataParallelism::Fsdp,
        "Parameters, gradients and optimizer states are sharded over the processes.");
}

void describe(config::EnumValues<FsdpGranularity>& value) {
  value("model", FsdpGranularity::Model, "The whole model is gathered at once.");
  value("stack", FsdpGranularity::Stack, "A stack of layers at a time.");
  value("layer", FsdpGranularity::Layer, "A layer at a time: the least memory.");
}

void describe(config::EnumValues<MixedPrecisionMode>& value) {
  value("off", MixedPrecisionMode::Off, "Compute in model.dtype.");
  value("static", MixedPrecisionMode::Static,
        "Compute in mixed_precision.dtype, on parameters cast once a step.");
}

void describe(config::EnumValues<ActivationCheckpointingMode>& value) {
  value("off", ActivationCheckpointingMode::Off, "Keep all activations.");
  value("layerwise", ActivationCheckpointingMode::Layerwise,
        "Keep the inputs of layers, and compute the rest again in the backward pass.");
  value("selective", ActivationCheckpointingMode::Selective,
        "Compute again only what is cheap: no matrix product, no attention.");
}

void describe(config::EnumValues<ActivationOffload>& value) {
  value("off", ActivationOffload::Off, "It stays on the device.");
  value("plain", ActivationOffload::Plain, "To ordinary memory: the device waits for the copies.");
  value("pinned", ActivationOffload::Pinned,
        "To memory that the device reads by itself: quicker, and lost to all else.");
}

void FsdpConfig::describe(config::Fields<FsdpConfig>& field) {
  field("granularity", &FsdpConfig::granularity, "What is gathered and freed at a time.");
  field("hybrid", &FsdpConfig::hybrid,
        "Shard within each host and replicate across hosts, where the network between them is "
        "slow.");
  field("reshard_after_forward", &FsdpConfig::reshard_after_forward,
        "Free what was gathered after the forward pass and gather it again for the backward one. "
        "Less memory, more to send.");
  field("fp32_reduce", &FsdpConfig::fp32_reduce,
        "Sum gradients in float32, whatever they are computed in.");
  field.retired("version", "there is one implementation");
}

void MixedPrecisionConfig::describe(config::Fields<MixedPrecisionConfig>& field) {
  field("mode", &MixedPrecisionConfig::mode, "Whether to compute in fewer bits than are kept.");
  field("dtype", &MixedPrecisionConfig::dtype, "The type to compute in.")
      .one_of({"bfloat16", "float16", "float32"});
}

void GradAccumulationConfig::describe(config::Fields<GradAccumulationConfig>& field) {
  field("num_batches", &GradAccumulationConfig::num_batches,
        "Micro-batches whose gradients are added up for one step.")
      .at_least(1);
  field("no_sync", &GradAccumulationConfig::no_sync,
        "Reduce gradients over the processes after the last micro-batch only. Where every process "
        "holds all of them (\"ddp\"), that is done in any case.");
}

void ActivationCheckpointingConfig::describe(config::Fields<ActivationCheckpointingConfig>& field) {
  field("mode", &ActivationCheckpointingConfig::mode,
        "Which activations are computed again instead of kept.");
  field("every_nth_layer", &ActivationCheckpointingConfig::every_nth_layer,
        "Checkpoint the layers whose index this divides.")
      .at_least(1);
  field("offload", &ActivationCheckpointingConfig::offload,
        "Where what layers keep lies until the backward pass, if not on the device: in memory of "
        "the host. With any mode; not for a model on the CPU.");
}

void TrainerConfig::describe(config::Fields<TrainerConfig>& field) {
  field("data_parallelism", &TrainerConfig::data_parallelism,
        "How the processes of the data gang share the work.");
  field("fsdp", &TrainerConfig::fsdp, "Sharded data parallelism.");
  field("mixed_precision", &TrainerConfig::mixed_precision,
        "Computing in fewer bits than parameters are kept in.");
  field("grad_accumulation", &TrainerConfig::grad_accumulation,
        "Larger batches than memory holds.");
  field("activation_checkpointing", &TrainerConfig::activation_checkpointing,
        "Trading time for memory.");
  field("max_grad_norm", &TrainerConfig::max_grad_norm,
        "Scale gradients down to this norm; unset: don't, the norm is reported all the same.")
      .more_than(0);
  field(
      "max_skipped_steps", &TrainerConfig::max_skipped_steps,
      "A step whose loss or gradient is not finite is skipped; more than so many in a row end the "
      "run.")
      .at_least(0);
  field("loss_spike_factor", &TrainerConfig::loss_spike_factor,
        "Warn of a step whose loss is so many times that of the steps before it; unset: don't.")
      .more_than(1);
  field("stochastic_rounding", &TrainerConfig::stochastic_rounding,
        "Where model.dtype is bfloat16 and there are no exact values: round what the optimizer "
        "writes up or down at random, so that small changes are not lost.");
  field("fp16_loss_scale", &TrainerConfig::fp16_loss_scale,
        "The first and the least loss scale of float16.")
      .more_than(0);
  field("grad_check", &TrainerConfig::grad_check,
        "Compare the gradients of the processes at each step: once summed up, they are the same.");
  field("peak_flops", &TrainerConfig::peak_flops,
        "Floating-point operations a second that a device does at most (312e12): what mfu is a "
        "share of. Unset: what products of large matrices reach here.")
      .more_than(0);
  field("anomaly_detection", &TrainerConfig::anomaly_detection,
        "End the run with an error that names the first module whose output or gradients are not "
        "finite; of float16, whose gradients overflow now and then, output only. Slow.");
  field("deterministic", &TrainerConfig::deterministic,
        "Give the same bits at each run, also on CUDA, where that costs time.");
  field.retired("gc_every_n_steps", "there is no garbage collector to hold back");
}

void TrainerConfig::validate(config::Problems& problems) const {
  if (fp16_loss_scale[1] > fp16_loss_scale[0]) {
    problems.add("fp16_loss_scale",
                 cat("must be the first and the least scale, but the least, ", fp16_loss_scale[1],
                     ", is larger than ", fp16_loss_scale[0]));
  }
}

}  // namespace roux
