// A recipe whose register_into forgets a dependency.
#include "roux/base/error.h"
#include "roux/di/container.h"
#include "roux/recipe/train_main.h"

namespace {

struct EmptyConfig {
  static void describe(roux::config::Fields<EmptyConfig>&) {}
};

class Clock {};
class Corpus {};
class Reader {
 public:
  Reader(Corpus&, Clock&) {}
};

class ForgetfulRecipe final : public roux::TrainRecipe {
 public:
  roux::ConfigType config_kls() const override { return roux::config_type<EmptyConfig>(); }

  void register_into(roux::di::Container& container) const override {
    container.provide<Corpus>([] { return std::make_unique<Corpus>(); });
    container.provide<Reader>(
        [](Corpus& corpus, Clock& clock) { return std::make_unique<Reader>(corpus, clock); });
  }

  std::unique_ptr<roux::Trainer> create_trainer(roux::RecipeContext&) const override {
    throw roux::InternalError("nothing is made of a graph that is not whole");
  }
};

}  // namespace

int main(int argc, char** argv) {
  return roux::train_main<ForgetfulRecipe>(argc, argv);
}
