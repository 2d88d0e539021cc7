#include "recipe.h"

#include <algorithm>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/thread_pool.h"
#include "roux/data/pack.h"
#include "roux/data/pipeline.h"
#include "roux/data/recycled_memory.h"
#include "roux/datasets/dataset_family.h"
#include "roux/datasets/register.h"
#include "roux/di/container.h"
#include "roux/gang/gangs.h"
#include "roux/generation/register.h"
#include "roux/model/language_model.h"
#include "roux/recipe/composition.h"
#include "roux/recipe/training.h"
#include "roux/tokenizer/tokenizer.h"
#include "roux/trainer/shard_batches.h"
#include "samples.h"
#include "unit.h"

namespace roux::lm {
namespace {

using datasets::Dataset;
using datasets::Split;
using Reader = data::ShardReader<data::PackedBatch>;

// What the longest piece of a text may be.
std::int64_t longest_piece(const TrainDatasetConfig& config, const LanguageModel& model) {
  if (!config.max_seq_len) return std::min(config.max_num_tokens, model.max_seq_len());
  if (*config.max_seq_len > model.max_seq_len()) {
    throw ConfigError(cat("dataset.max_seq_len must be at most ", model.max_seq_len(),
                          ", which is what the model takes, but is ", *config.max_seq_len));
  }
  return *config.max_seq_len;
}

std::unique_ptr<BatchReader<nn::TrainingBatch>> read(RecipeContext& context, Split split,
                                                     std::int64_t batches_of_a_rank) {
  const auto& config = context.config<TrainDatasetConfig>();
  const auto& dataset = context.get<const Dataset>();
  const data::PackOptions packing{
      .max_num_tokens = config.max_num_tokens,
      .max_seq_len = longest_piece(config, context.get<LanguageModel>()),
      .fit = config.fit,
      .memory = &context.get<data::RecycledMemory>(),
  };
  const Gang& ranks = *context.get<const Gangs>().data;
  const data::ShardPlan plan{.num_shards = config.num_shards,
                             .batches_per_step = batches_of_a_rank * ranks.size(),
                             .num_ranks = ranks.size(),
                             .rank = ranks.rank()};
  const auto open = [&](std::int64_t shard) {
    return data::Pipeline(dataset.open(split, shard, config.num_shards))
        .then<data::Pack>(packing)
        .stream();
  };
  return std::make_unique<ShardBatches<data::PackedBatch, nn::TrainingBatch>>(
      std::make_unique<Reader>(plan, open, context.get<ThreadPool>(), config.prefetch),
      [](const data::PackedBatch& batch) { return nn::TrainingBatch::from(batch); });
}

}  // namespace

void LMTrainRecipe::register_into(di::Container& container) const {
  register_models(container);
  register_training(container);
  register_generation(container);
  container.provide<WritingModel>([](LanguageModel& model, const Tokenizer& tokenizer) {
    WritingModel writing{model, tokenizer, {}};
    if (const auto& end = tokenizer.special_tokens().eos) writing.end_tokens.push_back(*end);
    return std::make_unique<WritingModel>(std::move(writing));
  });
  datasets::register_text(container);
  container.provide<const Dataset>(
      [](const datasets::DatasetHub& hub, const TrainDatasetConfig& config,
         std::shared_ptr<const Tokenizer> tokenizer, const RandomStream& random) {
        return hub.open(config, {std::move(tokenizer), random.child("data")});
      });
}

std::unique_ptr<Trainer> LMTrainRecipe::create_trainer(RecipeContext& context) const {
  auto& model = context.get<LanguageModel>();
  const auto counts = std::make_shared<const BatchCounts>(context.get<const Tokenizer>());
  const std::int64_t batches = context.config<TrainerConfig>().grad_accumulation.num_batches;
  const auto& dataset = context.get<const Dataset>();
  check_same_everywhere(*context.get<const Gangs>().root, {{"the data", dataset.fingerprint()}});
  std::vector<std::unique_ptr<Validation>> validations;
  if (dataset.has(Split::Valid)) {
    validations.push_back(make_validation<nn::TrainingBatch>(
        "", std::make_unique<LMValidUnit>(model, counts), read(context, Split::Valid, 1)));
  }
  return make_trainer(context,
                      make_source<nn::TrainingBatch>(std::make_unique<LMTrainUnit>(model, counts),
                                                     read(context, Split::Train, batches)),
                      std::move(validations), make_samples(context));
}

}  // namespace roux::lm
