#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "roux/config/fields.h"

namespace roux {

// [common.torch]: LibTorch's own switches.
struct TorchConfig {
  std::optional<std::int64_t> num_threads;
  bool allow_tf32 = true;
  bool fp16_reduced_precision = true;
  bool bf16_reduced_precision = true;

  static void describe(config::Fields<TorchConfig>& field);
};

// [common]: what every recipe has.
struct CommonConfig {
  std::uint32_t seed = 2;
  bool debug = false;
  std::vector<std::filesystem::path> extensions;
  TorchConfig torch;

  static void describe(config::Fields<CommonConfig>& field);
};

enum class Cluster { Auto, None, Slurm };

void describe(config::EnumValues<Cluster>& value);

// [common.metric_recorders.tensorboard]
struct TensorBoardConfig {
  bool enabled = true;

  static void describe(config::Fields<TensorBoardConfig>& field);
};

// [common.metric_recorders]
struct MetricRecordersConfig {
  TensorBoardConfig tensorboard;

  static void describe(config::Fields<MetricRecordersConfig>& field);
};

// [common.profilers.torch]
struct TorchProfilerConfig {
  bool enabled = false;
  std::int64_t skip_n_steps = 4;
  std::int64_t wait_n_steps = 0;
  std::int64_t num_warmup_steps = 1;
  std::int64_t num_active_steps = 4;
  std::int64_t repeat = 1;

  static void describe(config::Fields<TorchProfilerConfig>& field);
};

// [common.profilers]
struct ProfilersConfig {
  TorchProfilerConfig torch;

  static void describe(config::Fields<ProfilersConfig>& field);
};

// [common.assets]
struct AssetsConfig {
  std::vector<std::filesystem::path> extra_paths;

  static void describe(config::Fields<AssetsConfig>& field);
};

// [common] of a recipe that trains or runs a model.
struct ModelCommonConfig : CommonConfig {
  Cluster cluster = Cluster::Auto;
  MetricRecordersConfig metric_recorders;
  ProfilersConfig profilers;
  AssetsConfig assets;

  static void describe(config::Fields<ModelCommonConfig>& field);
};

}  // namespace roux
