#include <iterator>

#include "roux/metrics/metric_descriptor.h"

namespace roux {
namespace {

using enum MetricFormat;

// Orders leave room between them for a recipe's own.
std::vector<MetricDescriptor> make_standard_metrics() {
  std::vector<MetricDescriptor> all;
  const auto group = [&all](std::string_view name, int order,
                            std::vector<MetricDescriptor> members) {
    for (auto& each : members) {
      each.group = name;
      each.order = order;
      order += 10;
      all.push_back(std::move(each));
    }
  };

  group("Loss", 1000,
        {{.name = "loss", .display_name = "Loss", .brief = true, .label = "loss"},
         {.name = "nll_loss", .display_name = "NLL loss", .brief = true, .label = "nll loss"},
         {.name = "perplexity", .display_name = "Perplexity", .brief = true, .label = "ppl"},
         {.name = "bits_per_byte", .display_name = "Bits per byte", .brief = true, .label = "bpb"},
         {.name = "router_loss",
          .display_name = "Load-balancing loss",
          .brief = true,
          .label = "router loss"},
         {.name = "z_loss", .display_name = "Z loss", .brief = true, .label = "z loss"},
         {.name = "kl_loss", .display_name = "KL loss", .brief = true, .label = "kl loss"},
         {.name = "dpo_loss", .display_name = "DPO loss", .brief = true, .label = "dpo loss"},
         {.name = "cpo_loss", .display_name = "CPO loss", .brief = true, .label = "cpo loss"},
         {.name = "orpo_loss", .display_name = "ORPO loss", .brief = true, .label = "orpo loss"},
         {.name = "simpo_loss", .display_name = "SimPO loss", .brief = true, .label = "simpo loss"},
         {.name = "ctc_loss", .display_name = "CTC loss", .brief = true, .label = "ctc loss"},
         {.name = "contrastive_loss",
          .display_name = "Contrastive loss",
          .brief = true,
          .label = "contrastive loss"},
         {.name = "diversity_loss",
          .display_name = "Diversity loss",
          .brief = true,
          .label = "diversity loss"},
         {.name = "feature_penalty",
          .display_name = "Feature penalty",
          .brief = true,
          .label = "feature penalty"}});

  group("Quality", 2000,
        {{.name = "accuracy",
          .display_name = "Accuracy",
          .format = Percent,
          .higher_is_better = true,
          .brief = true,
          .label = "accuracy"},
         {.name = "token_accuracy",
          .display_name = "Token accuracy",
          .format = Percent,
          .higher_is_better = true,
          .brief = true,
          .label = "token accuracy"},
         {.name = "bleu", .display_name = "BLEU", .higher_is_better = true, .brief = true},
         {.name = "chrf", .display_name = "chrF++", .higher_is_better = true, .brief = true},
         {.name = "wer", .display_name = "Word error rate", .brief = true, .label = "wer"},
         {.name = "uer", .display_name = "Unit error rate", .brief = true, .label = "uer"},
         {.name = "reward",
          .display_name = "Reward",
          .higher_is_better = true,
          .brief = true,
          .label = "reward"},
         {.name = "reward_margin",
          .display_name = "Reward margin",
          .higher_is_better = true,
          .brief = true,
          .label = "reward margin"},
         {.name = "reward_accuracy",
          .display_name = "Reward accuracy",
          .format = Percent,
          .higher_is_better = true,
          .brief = true,
          .label = "reward accuracy"},
         {.name = "chosen_logps",
          .display_name = "Log-probability of the chosen",
          .higher_is_better = true},
         {.name = "rejected_logps", .display_name = "Log-probability of the rejected"},
         {.name = "code_perplexity", .display_name = "Code perplexity"},
         {.name = "prob_perplexity", .display_name = "Probability perplexity"},
         {.name = "temperature", .display_name = "Temperature"}});

  group(
      "Optimisation", 3000,
      {{.name = "lr",
        .display_name = "Learning rate",
        .format = LearningRate,
        .brief = true,
        .label = "lr"},
       {.name = "grad_norm", .display_name = "Gradient norm", .brief = true, .label = "grad norm"},
       {.name = "param_norm", .display_name = "Parameter norm"},
       {.name = "update_norm", .display_name = "Update norm"},
       {.name = "update_ratio", .display_name = "Update to parameter norm"},
       {.name = "loss_scale", .display_name = "Loss scale"},
       {.name = "skipped_steps", .display_name = "Skipped steps", .format = Count},
       {.name = "total_skipped_steps", .display_name = "Skipped steps in all", .format = Count},
       {.name = "clipped_steps", .display_name = "Clipped steps", .format = Count},
       {.name = "total_clipped_steps", .display_name = "Clipped steps in all", .format = Count}});

  group(
      "Speed", 4000,
      {{.name = "tokens_per_second",
        .display_name = "Tokens per second",
        .format = Count,
        .unit = "tokens/s",
        .higher_is_better = true,
        .brief = true},
       {.name = "tokens_per_second_per_device",
        .display_name = "Tokens per second and device",
        .format = Count,
        .unit = "tokens/s",
        .higher_is_better = true},
       {.name = "elements_per_second",
        .display_name = "Elements per second",
        .format = Count,
        .unit = "elements/s",
        .higher_is_better = true,
        .brief = true},
       {.name = "steps_per_second",
        .display_name = "Steps per second",
        .unit = "steps/s",
        .higher_is_better = true},
       {.name = "mfu",
        .display_name = "Model-FLOPs utilisation",
        .format = Percent,
        .higher_is_better = true,
        .brief = true,
        .label = "mfu"},
       {.name = "flops_per_second",
        .display_name = "Model FLOPs per second",
        .unit = "FLOP/s",
        .higher_is_better = true},
       {.name = "data_wait_share", .display_name = "Share of waiting for data", .format = Percent},
       {.name = "step_time", .display_name = "Time of a step", .format = Seconds}});

  group("Time", 5000,
        {{.name = "data_time", .display_name = "Time waiting for data", .format = Seconds},
         {.name = "forward_time", .display_name = "Time of forward", .format = Seconds},
         {.name = "backward_time", .display_name = "Time of backward", .format = Seconds},
         {.name = "gang_time", .display_name = "Time waiting for other ranks", .format = Seconds},
         {.name = "optimizer_time", .display_name = "Time of the optimizer", .format = Seconds},
         {.name = "checkpoint_time", .display_name = "Time of checkpoints", .format = Seconds},
         {.name = "validation_time", .display_name = "Time of validation", .format = Seconds},
         {.name = "other_time", .display_name = "Time of the rest", .format = Seconds},
         {.name = "compute_time", .display_name = "Time of computing", .format = Seconds},
         {.name = "lapse_time", .display_name = "Time since the last report", .format = Seconds},
         {.name = "wall_time", .display_name = "Time since the start", .format = Seconds},
         {.name = "total_time", .display_name = "Time of all starts together", .format = Seconds}});

  group("Data", 6000,
        {{.name = "data_epoch", .display_name = "Data epoch", .format = Count},
         {.name = "batch_size", .display_name = "Examples a step", .format = Count},
         {.name = "elements_per_batch", .display_name = "Elements a step", .format = Count},
         {.name = "padding_ratio", .display_name = "Share of padding", .format = Percent},
         {.name = "num_examples", .display_name = "Examples", .format = Count},
         {.name = "num_tokens", .display_name = "Tokens", .format = Count},
         {.name = "num_elements", .display_name = "Elements", .format = Count},
         {.name = "num_source_elements", .display_name = "Source elements", .format = Count},
         {.name = "num_target_elements", .display_name = "Target elements", .format = Count},
         {.name = "num_targets", .display_name = "Targets", .format = Count},
         {.name = "num_target_bytes", .display_name = "Bytes of the targets", .format = Bytes},
         {.name = "num_bytes", .display_name = "Bytes of text", .format = Bytes},
         {.name = "padding", .display_name = "Padding", .format = Count},
         {.name = "total_num_examples", .display_name = "Examples in all", .format = Count},
         {.name = "total_num_tokens", .display_name = "Tokens in all", .format = Count},
         {.name = "total_num_elements", .display_name = "Elements in all", .format = Count},
         {.name = "total_num_source_elements",
          .display_name = "Source elements in all",
          .format = Count},
         {.name = "total_num_target_elements",
          .display_name = "Target elements in all",
          .format = Count},
         {.name = "total_num_targets", .display_name = "Targets in all", .format = Count},
         {.name = "total_num_target_bytes",
          .display_name = "Bytes of the targets in all",
          .format = Bytes},
         {.name = "total_num_bytes", .display_name = "Bytes of text in all", .format = Bytes},
         {.name = "total_padding", .display_name = "Padding in all", .format = Count}});

  group("Memory", 7000,
        {{.name = "peak_mem_bytes", .display_name = "Peak memory of the process", .format = Bytes},
         {.name = "peak_active_mem_bytes",
          .display_name = "Peak active device memory",
          .format = Bytes},
         {.name = "peak_active_mem_ratio",
          .display_name = "Peak active device memory, share",
          .format = Percent},
         {.name = "peak_reserved_mem_bytes",
          .display_name = "Peak reserved device memory",
          .format = Bytes},
         {.name = "peak_reserved_mem_ratio",
          .display_name = "Peak reserved device memory, share",
          .format = Percent}});

  group(
      "Generation", 8000,
      {{.name = "generator_prefill_size", .display_name = "Prompt elements", .format = Count},
       {.name = "generator_num_elements", .display_name = "Generated elements", .format = Count},
       {.name = "generator_elements_per_second",
        .display_name = "Generated elements per second",
        .format = Count,
        .unit = "elements/s",
        .higher_is_better = true},
       {.name = "generator_cache_size", .display_name = "Key-value cache in use", .format = Bytes},
       {.name = "generator_cache_capacity", .display_name = "Key-value cache", .format = Bytes}});
  return all;
}

}  // namespace

std::span<const MetricDescriptor> standard_metrics() {
  static const std::vector<MetricDescriptor> all = make_standard_metrics();
  return all;
}

}  // namespace roux
