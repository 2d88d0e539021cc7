#include "parity/training.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory_resource>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "lm/train/unit.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/config/choice.h"
#include "roux/config/component.h"
#include "roux/config/load.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/config/sections/trainer.h"
#include "roux/config/toml.h"
#include "roux/config/wiring.h"
#include "roux/di/container.h"
#include "roux/metrics/metric_recorder.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/nn/flat_parameters.h"
#include "roux/nn/training_batch.h"
#include "roux/optim/lr_scheduler_config.h"
#include "roux/optim/optimizer_config.h"
#include "roux/optim/register.h"
#include "roux/recipe/composition.h"
#include "roux/recipe/recipe.h"
#include "roux/recipe/run.h"
#include "roux/recipe/training.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::parity {
namespace {

// train.toml, and what a run must have besides.
struct CaseConfig {
  ModelConfig model;
  TokenizerConfig tokenizer;
  TrainerConfig trainer;
  OptimizerSection optimizer;
  LrSchedulerSection lr_scheduler;
  RegimeConfig regime;
  ModelCommonConfig common;

  static void describe(config::Fields<CaseConfig>& field) {
    using C = CaseConfig;
    field("model", &C::model, "The folder itself.");
    field("tokenizer", &C::tokenizer, "None: the texts are ids.");
    field("trainer", &C::trainer, "How a step is taken.");
    field("optimizer", &C::optimizer, "What moves the weights.");
    field("lr_scheduler", &C::lr_scheduler, "The learning rate over time.");
    field("regime", &C::regime, "How long.");
    field("common", &C::common, "What every recipe has.");
  }
};

CaseConfig read_config(const std::filesystem::path& folder, const TrainingVariant& variant) {
  di::Container container;
  register_optimizers(container);
  const auto loaded = config::load_config(config::config_type<CaseConfig>(),
                                          {{.table = config::load_toml(folder / "train.toml")}},
                                          config::ContainerCatalog(container));
  loaded.problems.throw_if_any();
  CaseConfig config = *std::static_pointer_cast<CaseConfig>(loaded.object);
  if (variant.bfloat16) {
    config.trainer.mixed_precision = {MixedPrecisionMode::Static, DType::BFloat16};
  }
  if (variant.checkpointed_layers > 0) {
    config.trainer.activation_checkpointing = {ActivationCheckpointingMode::Layerwise,
                                               variant.checkpointed_layers};
  }
  config.common.metric_recorders.tensorboard.enabled = false;
  config.common.torch.num_threads = 1;  // for so small products more would wait for each other
  return config;
}

std::vector<double> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).flatten().contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

// ---- The texts ----

struct Text {
  at::Tensor ids;      // [tokens], int64
  at::Tensor targets;  // of the last token: none
};

std::int64_t count_targets(const at::Tensor& targets) {
  return (targets != data::kIgnoredTarget).sum().item<std::int64_t>();
}

// As data::Pack has it: without the last tokens, and padded at the end to a length that is the same
// for all.
nn::TrainingBatch packed(const std::vector<Text>& texts, std::int64_t length) {
  data::PackedBatch batch(length, *std::pmr::get_default_resource());
  std::ranges::fill(batch.ids(), 0);
  std::ranges::fill(batch.targets(), data::kIgnoredTarget);
  std::ranges::fill(batch.positions(), 0);
  for (const Text& text : texts) {
    auto at = static_cast<std::size_t>(batch.cu_seqlens.back());
    for (std::int64_t i = 0; i + 1 < text.ids.numel(); ++i, ++at) {
      batch.ids()[at] = text.ids[i].item<std::int64_t>();
      batch.targets()[at] = text.targets[i].item<std::int64_t>();
      batch.positions()[at] = i;
    }
    batch.cu_seqlens.push_back(static_cast<std::int64_t>(at));
    batch.num_targets += count_targets(text.targets);
  }
  return nn::TrainingBatch::from(batch);
}

nn::TrainingBatch padded(const at::Tensor& ids, const at::Tensor& targets,
                         const std::vector<Text>& texts) {
  std::vector<std::int64_t> lengths;
  for (const Text& text : texts) lengths.push_back(text.ids.numel());
  return {nn::TokenBatch::padded(ids, lengths), targets.flatten(), count_targets(targets)};
}

// Serves the steps of a case.
class CaseReader final : public BatchReader<nn::TrainingBatch> {
 public:
  CaseReader(const SafetensorsReader& file, Serving serving)
      : ids_(read_tensor(file, "ids").to(at::kLong)),
        targets_(read_tensor(file, "targets").to(at::kLong)),
        lengths_(read_tensor(file, "lengths").to(at::kLong)),
        serving_(serving) {}

  void begin_epoch(std::int64_t) override {
    throw InternalError("a case has the texts of all its steps");
  }
  std::vector<nn::TrainingBatch> next_step() override {
    std::vector<nn::TrainingBatch> batches;
    std::vector<Text> all;
    for (std::int64_t i = 0; i < ids_.size(1); ++i) {
      const std::vector<Text> texts = texts_of(i);
      if (serving_ == Serving::Packed) batches.push_back(packed(texts, length(1)));
      if (serving_ == Serving::Padded) {
        batches.push_back(padded(ids_[next_][i], targets_[next_][i], texts));
      }
      all.insert(all.end(), texts.begin(), texts.end());
    }
    if (serving_ == Serving::OneByOne) {
      for (const Text& text : all) batches.push_back(packed({text}, text.ids.numel() - 1));
    }
    if (serving_ == Serving::AllAtOnce) batches.push_back(packed(all, length(ids_.size(1))));
    ++next_;
    return batches;
  }
  Places save() const override { return {}; }
  void load(const Places&) override {}

 private:
  std::vector<Text> texts_of(std::int64_t micro_batch) const {
    std::vector<Text> texts;
    for (std::int64_t row = 0; row < ids_.size(2); ++row) {
      const auto length = lengths_[next_][micro_batch][row].item<std::int64_t>();
      texts.push_back({ids_[next_][micro_batch][row].narrow(0, 0, length),
                       targets_[next_][micro_batch][row].narrow(0, 0, length)});
    }
    return texts;
  }

  // That so many of the case's micro-batches fit in.
  std::int64_t length(std::int64_t micro_batches) const {
    return micro_batches * ids_.size(2) * ids_.size(3);
  }

  at::Tensor ids_;  // [steps, micro-batches, rows, row length]
  at::Tensor targets_;
  at::Tensor lengths_;  // [steps, micro-batches, rows]
  Serving serving_;
  std::int64_t next_ = 0;
};

// ---- The run ----

class Reports final : public MetricRecorder {
 public:
  explicit Reports(TrainingRun& run) : run_(run) {}

  void record(const MetricRecord& record) override {
    for (const MetricValue& each : record.values) {
      if (each.name == "nll_loss") run_.losses.push_back(each.value);
      if (each.name == "grad_norm") run_.gradient_norms.push_back(each.value);
      if (each.name == "lr" || each.name.starts_with("lr/")) run_.lrs.push_back(each.value);
    }
  }

 private:
  TrainingRun& run_;
};

// The texts are ids already.
class NoTokenizer final : public Tokenizer {
 public:
  void encode(std::string_view, std::vector<TokenId>&, const EncodeOptions&) const override {}
  std::string decode(std::span<const TokenId>, const DecodeOptions&) const override { return ""; }
  std::unique_ptr<StreamingDecoder> streaming_decoder(const DecodeOptions&) const override {
    throw InternalError("a case has no tokenizer");
  }
  TokenId size() const override { return 0; }
  std::optional<std::string> token(TokenId) const override { return std::nullopt; }
  std::optional<TokenId> find(std::string_view) const override { return std::nullopt; }
  bool is_special(TokenId) const override { return false; }
  const SpecialTokens& special_tokens() const override { return special_tokens_; }

 private:
  SpecialTokens special_tokens_;
};

// lm-train but for where its batches come from.
struct CaseRecipe final : TrainRecipe {
  std::filesystem::path texts;
  Serving serving = Serving::Packed;
  Reports* reports = nullptr;

  ConfigType config_kls() const override { return config::config_type<CaseConfig>(); }

  void register_into(di::Container& container) const override {
    register_models(container);
    register_training(container);
    container.replace<Tokenizer>([] { return std::make_unique<NoTokenizer>(); });
    container.collect<MetricRecorder>([this]() -> MetricRecorder& { return *reports; });
  }

  std::unique_ptr<Trainer> create_trainer(RecipeContext& context) const override {
    const auto counts = std::make_shared<const lm::BatchCounts>(context.get<const Tokenizer>());
    return make_trainer(context,
                        make_source<nn::TrainingBatch>(
                            std::make_unique<lm::LMTrainUnit>(context.get<LanguageModel>(), counts),
                            std::make_unique<CaseReader>(SafetensorsReader(texts), serving)),
                        {});
  }
};

at::Tensor weights_of(const nn::FlatParameters& parameters) {
  std::vector<at::Tensor> all;
  for (const nn::FlatGroup& group : parameters.groups()) all.push_back(group.exact().clone());
  return at::cat(all);
}

// ---- The comparison ----

double largest_difference(const std::vector<double>& got, const std::vector<double>& wanted,
                          bool relative = false) {
  if (got.size() != wanted.size()) {
    throw Error(cat("there must be ", wanted.size(), " numbers, but are ", got.size()));
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double apart = std::abs(got[i] - wanted[i]) / (relative ? std::abs(wanted[i]) : 1.0);
    if (!(apart <= largest)) largest = apart;
  }
  return largest;
}

}  // namespace

bool is_training_case(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "training.safetensors");
}

TrainingRun train_case(const std::filesystem::path& folder, const TrainingVariant& variant) {
  TrainingRun result;
  Reports reports(result);
  CaseRecipe recipe;
  recipe.texts = folder / "training.safetensors";
  recipe.serving = variant.serving;
  recipe.reports = &reports;
  const TemporaryFolder output;
  const FinishedRun run = roux::run(recipe, read_config(folder, variant), output.path());
  result.weights = weights_of(run.get<nn::FlatParameters>());
  return result;
}

Comparison compare_training(const std::filesystem::path& folder) {
  Comparison comparison;
  try {
    std::ifstream file(folder / "case.json");
    const auto about = nlohmann::json::parse(file);
    comparison.name = about.at("name").get<std::string>();
    comparison.family = about.at("family").get<std::string>();
    const SafetensorsReader reader(folder / "training.safetensors");
    const auto expected = [&](const std::string& name) {
      return numbers(read_tensor(reader, name));
    };
    for (const auto& [variant, prefix, suffix] :
         {std::tuple(TrainingVariant{}, "", ""),
          std::tuple(TrainingVariant{.serving = Serving::Padded}, "", ", padded"),
          std::tuple(TrainingVariant{.bfloat16 = true}, "bfloat16/", ", bfloat16")}) {
      const std::string start = prefix;
      const std::string end = suffix;
      if (reader.find(start + "loss") == nullptr) continue;  // one that --live drew
      const TrainingRun run = train_case(folder, variant);
      comparison.note("training loss" + end,
                      largest_difference(run.losses, expected(start + "loss")));
      comparison.note("training gradient norm" + end,
                      largest_difference(run.gradient_norms, expected(start + "grad_norm"), true));
      comparison.note("learning rate" + end, largest_difference(run.lrs, expected("lr"), true));
    }
  } catch (const std::exception& error) {
    comparison.problems.push_back(cat("training: ", error.what()));
  }
  return comparison;
}

}  // namespace roux::parity
