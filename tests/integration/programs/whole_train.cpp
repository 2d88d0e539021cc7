// A recipe with every section that training a language model has, and components to choose from.
// It trains nothing: it is there to be configured, checked and explained.
#include "roux/base/error.h"
#include "roux/config/choice.h"
#include "roux/config/component.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/dataset.h"
#include "roux/config/sections/gang.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/config/sections/trainer.h"
#include "roux/di/container.h"
#include "roux/modifier/freeze.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/lr_scheduler_config.h"
#include "roux/optim/optimizer.h"
#include "roux/optim/optimizer_config.h"
#include "roux/recipe/train_main.h"

namespace roux {

namespace {

// What there is of each kind, and does nothing.
class NoOptimizer final : public Optimizer {
 public:
  const std::vector<double>& base_lrs() const override { return lrs_; }
  void step(const OptimizerStep&) override {}
  std::vector<OptimizerState> state() override { return {}; }

 private:
  std::vector<double> lrs_;
};

class NoLrScheduler final : public LrScheduler {
 public:
  std::vector<double> lrs(std::int64_t) const override { return {}; }
};

class NoModifier final : public Modifier {};

struct WholeConfig {
  ModelConfig model{.family = "llama"};
  DatasetConfig dataset{.path = "corpus"};
  TokenizerConfig tokenizer{.path = "tokenizer.json"};
  GangConfig gang;
  TrainerConfig trainer;
  OptimizerSection optimizer{"adamw", AdamWConfig{.lr = 3e-4, .betas = {0.9, 0.95}}};
  LrSchedulerSection lr_scheduler{"cosine_annealing", CosineAnnealingConfig{}};
  RegimeConfig regime{.num_steps = 1000};
  std::vector<Choice<Modifier>> modifiers;
  ModelCommonConfig common;

  static void describe(config::Fields<WholeConfig>& field) {
    field("model", &WholeConfig::model, "The model.");
    field("dataset", &WholeConfig::dataset, "The data.");
    field("tokenizer", &WholeConfig::tokenizer, "The tokenizer.");
    field("gang", &WholeConfig::gang, "The processes.");
    field("trainer", &WholeConfig::trainer, "A step.");
    field("optimizer", &WholeConfig::optimizer, "What moves the weights.");
    field("lr_scheduler", &WholeConfig::lr_scheduler, "The learning rate over time.");
    field("regime", &WholeConfig::regime, "How long, and what happens on the way.");
    field("modifiers", &WholeConfig::modifiers, "What is added to the recipe, in this order.");
    field("common", &WholeConfig::common, "What every recipe has.");
  }

  void validate(config::Problems& problems) const {
    check_lr_scheduler(lr_scheduler, regime, problems);
  }
};

template <typename Kind, typename None, typename Config>
void add(di::Container& container, const char* name) {
  container.component<Kind>(name, [](const Config&) { return std::make_unique<None>(); });
}

class NoTrainer final : public Trainer {
 public:
  bool load_checkpoint() override { return false; }
  void train() override {}
  void save_checkpoint() override {}
};

class WholeRecipe final : public TrainRecipe {
 public:
  ConfigType config_kls() const override { return config_type<WholeConfig>(); }

  void register_into(di::Container& container) const override {
    add<Optimizer, NoOptimizer, AdamWConfig>(container, "adamw");
    add<Optimizer, NoOptimizer, AdafactorConfig>(container, "adafactor");
    add<LrScheduler, NoLrScheduler, CosineAnnealingConfig>(container, "cosine_annealing");
    add<LrScheduler, NoLrScheduler, MyleConfig>(container, "myle");
    add<LrScheduler, NoLrScheduler, NoamConfig>(container, "noam");
    add<LrScheduler, NoLrScheduler, PassthroughConfig>(container, "passthrough");
    add<LrScheduler, NoLrScheduler, PolynomialDecayConfig>(container, "polynomial_decay");
    add<LrScheduler, NoLrScheduler, TriStageConfig>(container, "tri_stage");
    add<Modifier, NoModifier, FreezeConfig>(container, "freeze");
    container.section<Optimizer>("optimizer");
    container.section<di::All<Modifier>>("modifiers");
    container.section<LrScheduler>("lr_scheduler");
  }

  std::unique_ptr<Trainer> create_trainer(RecipeContext&) const override {
    return std::make_unique<NoTrainer>();
  }
};

}  // namespace
}  // namespace roux

int main(int argc, char** argv) {
  return roux::train_main<roux::WholeRecipe>(argc, argv);
}
