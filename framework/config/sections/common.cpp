#include "roux/config/sections/common.h"

namespace roux {

void TorchConfig::describe(config::Fields<TorchConfig>& field) {
  field("num_threads", &TorchConfig::num_threads,
        "Threads of an operation on the CPU; unset: OMP_NUM_THREADS, else the cores of this host "
        "over the processes on it.")
      .between(1, 1024);
  field("allow_tf32", &TorchConfig::allow_tf32,
        "Let float32 matrix products on CUDA compute in TF32.");
  field("fp16_reduced_precision", &TorchConfig::fp16_reduced_precision,
        "Let float16 matrix products sum in float16.");
  field("bf16_reduced_precision", &TorchConfig::bf16_reduced_precision,
        "Let bfloat16 matrix products sum in bfloat16.");
  field.retired("default_sdpa", "attention takes the fastest kernel that fits the batch");
  field.retired("compiled_region_activation_memory_budget", "there is no tracing compiler here");
}

void CommonConfig::describe(config::Fields<CommonConfig>& field) {
  field("seed", &CommonConfig::seed, "What every random number is derived from.");
  field("debug", &CommonConfig::debug, "Log what is of interest to developers only.");
  field("extensions", &CommonConfig::extensions,
        "Shared libraries made with ROUX_EXTENSION, which register components of their own.");
  field("torch", &CommonConfig::torch, "LibTorch's own switches.");
}

void describe(config::EnumValues<Cluster>& value) {
  value("auto", Cluster::Auto, "Slurm's, where its variables are set and torchrun's are not.");
  value("none", Cluster::None, "One process, or torchrun's variables.");
  value("slurm", Cluster::Slurm, "Slurm's variables.");
}

void TensorBoardConfig::describe(config::Fields<TensorBoardConfig>& field) {
  field("enabled", &TensorBoardConfig::enabled, "Write event files into OUTPUT_DIR/tb.");
}

void MetricRecordersConfig::describe(config::Fields<MetricRecordersConfig>& field) {
  field("tensorboard", &MetricRecordersConfig::tensorboard, "TensorBoard's event files.");
  field.retired("wandb", "its client is a Python program: it can follow OUTPUT_DIR/tb");
}

void TorchProfilerConfig::describe(config::Fields<TorchProfilerConfig>& field) {
  using P = TorchProfilerConfig;
  field("enabled", &P::enabled, "Write traces of some steps into OUTPUT_DIR/profile.");
  field("skip_n_steps", &P::skip_n_steps, "Steps to leave out at first.").at_least(0);
  field("wait_n_steps", &P::wait_n_steps, "Steps to leave out before each trace.").at_least(0);
  field("num_warmup_steps", &P::num_warmup_steps, "Steps to trace and throw away.").at_least(0);
  field("num_active_steps", &P::num_active_steps, "Steps of a trace.").at_least(1);
  field("repeat", &P::repeat, "How many traces; 0: to the end.").at_least(0);
}

void ProfilersConfig::describe(config::Fields<ProfilersConfig>& field) {
  field("torch", &ProfilersConfig::torch, "LibTorch's profiler.");
}

void AssetsConfig::describe(config::Fields<AssetsConfig>& field) {
  field("extra_paths", &AssetsConfig::extra_paths, "More folders of model and dataset cards.");
  field.retired("prev_checkpoint_dir", "model.path takes the output folder of a run");
}

void ModelCommonConfig::describe(config::Fields<ModelCommonConfig>& field) {
  field.inherit<CommonConfig>();
  field("cluster", &ModelCommonConfig::cluster, "Who says which process this is.");
  field("metric_recorders", &ModelCommonConfig::metric_recorders, "Where metrics go.");
  field("profilers", &ModelCommonConfig::profilers, "What measures where time goes.");
  field("assets", &ModelCommonConfig::assets, "Where cards are looked for.");
  field.retired("no_sweep_dir", "a run writes into OUTPUT_DIR itself");
  field.retired("sweep_format", "a run writes into OUTPUT_DIR itself");
}

}  // namespace roux
