#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/config/choice.h"
#include "roux/config/component.h"
#include "roux/config/sections/common.h"
#include "roux/di/container.h"
#include "roux/recipe/recipe.h"

namespace roux {

// What a component adds to the count at each step; [adder] chooses one.
class Adder {
 public:
  virtual ~Adder() = default;
  virtual int amount() const = 0;
};

struct OneConfig {
  static void describe(config::Fields<OneConfig>&) {}
};

struct ManyConfig {
  int amount = 10;

  static void describe(config::Fields<ManyConfig>& field) {
    field("amount", &ManyConfig::amount, "How many.").at_least(2);
  }
};

class FixedAdder final : public Adder {
 public:
  explicit FixedAdder(int amount) : amount_(amount) {}
  int amount() const override { return amount_; }

 private:
  int amount_;
};

// A trainer that counts, and keeps a diary of what it was called to do.
class CountingTrainer final : public Trainer {
 public:
  CountingTrainer(Adder& adder, bool fail) : adder_(adder), fail_(fail) {}

  void setup() override { diary.emplace_back("setup"); }
  bool load_checkpoint() override {
    diary.emplace_back("load_checkpoint");
    return false;
  }
  void train() override {
    diary.emplace_back("train");
    if (fail_) throw std::runtime_error("the loss is on fire");
    count += adder_.amount();
  }
  void save_checkpoint() override { diary.emplace_back("save_checkpoint"); }
  void cleanup() override { diary.emplace_back("cleanup"); }

  int count = 0;
  static inline std::vector<std::string> diary;

 private:
  Adder& adder_;
  bool fail_;
};

struct CountingConfig {
  Choice<Adder> adder{"one"};
  bool fail = false;
  CommonConfig common;

  static void describe(config::Fields<CountingConfig>& field) {
    field("fail", &CountingConfig::fail, "Fail in the middle.");
    field("adder", &CountingConfig::adder, "What is added.");
    field("common", &CountingConfig::common, "What every recipe has.");
  }

  void validate(config::Problems& problems) const {
    if (fail && adder.name == "many") problems.add("fail", "must not be set for many");
  }
};

// Not derived from TrainRecipe: the shape is enough.
struct CountingRecipe {
  ConfigType config_kls() const { return config_type<CountingConfig>(); }

  void register_into(di::Container& container) const {
    container.component<Adder>("one",
                               [](const OneConfig&) { return std::make_unique<FixedAdder>(1); });
    container.component<Adder>("many", [](const ManyConfig& config) {
      return std::make_unique<FixedAdder>(config.amount);
    });
    container.section<Adder>("adder");
  }

  std::unique_ptr<CountingTrainer> create_trainer(RecipeContext& context) const {
    CountingTrainer::diary = {};
    return std::make_unique<CountingTrainer>(context.get<Adder>(),
                                             context.config<CountingConfig>().fail);
  }
};

}  // namespace roux
