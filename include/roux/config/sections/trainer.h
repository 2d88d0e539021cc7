#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "roux/config/fields.h"

namespace roux {

enum class DataParallelism { Ddp, Fsdp };
enum class FsdpGranularity { Model, Stack, Layer };
enum class MixedPrecisionMode { Off, Static };
enum class ActivationCheckpointingMode { Off, Layerwise, Selective };
enum class ActivationOffload { Off, Plain, Pinned };

void describe(config::EnumValues<DataParallelism>& value);
void describe(config::EnumValues<FsdpGranularity>& value);
void describe(config::EnumValues<MixedPrecisionMode>& value);
void describe(config::EnumValues<ActivationCheckpointingMode>& value);
void describe(config::EnumValues<ActivationOffload>& value);

// [trainer.fsdp]
struct FsdpConfig {
  FsdpGranularity granularity = FsdpGranularity::Layer;
  bool hybrid = false;
  bool reshard_after_forward = true;
  bool fp32_reduce = true;

  static void describe(config::Fields<FsdpConfig>& field);
};

// [trainer.mixed_precision]
struct MixedPrecisionConfig {
  MixedPrecisionMode mode = MixedPrecisionMode::Static;
  DType dtype = DType::BFloat16;

  static void describe(config::Fields<MixedPrecisionConfig>& field);
};

// [trainer.grad_accumulation]
struct GradAccumulationConfig {
  std::int64_t num_batches = 1;
  bool no_sync = true;

  static void describe(config::Fields<GradAccumulationConfig>& field);
};

// [trainer.activation_checkpointing]
struct ActivationCheckpointingConfig {
  ActivationCheckpointingMode mode = ActivationCheckpointingMode::Off;
  std::int64_t every_nth_layer = 1;
  ActivationOffload offload = ActivationOffload::Off;

  static void describe(config::Fields<ActivationCheckpointingConfig>& field);
};

// [trainer]: how one step is taken.
struct TrainerConfig {
  DataParallelism data_parallelism = DataParallelism::Ddp;
  FsdpConfig fsdp;
  MixedPrecisionConfig mixed_precision;
  GradAccumulationConfig grad_accumulation;
  ActivationCheckpointingConfig activation_checkpointing;
  std::optional<double> max_grad_norm;
  std::int64_t max_skipped_steps = 10;
  std::optional<double> loss_spike_factor = 2.0;
  bool stochastic_rounding = true;
  std::array<double, 2> fp16_loss_scale = {128.0, 0.0001};
  std::optional<double> peak_flops;
  bool grad_check = false;
  bool anomaly_detection = false;
  bool deterministic = false;

  static void describe(config::Fields<TrainerConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
