#include "roux/optim/register.h"

#include "roux/config/component.h"
#include "roux/config/sections/regime.h"
#include "roux/di/container.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/lr_schedulers.h"
#include "roux/optim/optimizers.h"

namespace roux {

void register_optimizers(di::Container& container) {
  container.section<Optimizer>("optimizer");
  container.component<Optimizer>("adamw", make_adamw);
  container.component<Optimizer>("adamw8bit", make_adamw8bit);
  container.component<Optimizer>("adafactor", make_adafactor);
  container.component<Optimizer>("lion", make_lion);
  container.component<Optimizer>("muon", make_muon);
  container.component<Optimizer>("sgd", make_sgd);

  container.section<LrScheduler>("lr_scheduler");
  container.component<LrScheduler>(
      "passthrough",
      [](const PassthroughConfig& config, const Optimizer& optimizer, const RegimeConfig&) {
        return make_passthrough(config, optimizer.base_lrs());
      });
  container.component<LrScheduler>(
      "cosine_annealing", [](const CosineAnnealingConfig& config, const Optimizer& optimizer,
                             const RegimeConfig& regime) {
        return make_cosine_annealing(config, optimizer.base_lrs(), regime.num_steps);
      });
  container.component<LrScheduler>(
      "myle", [](const MyleConfig& config, const Optimizer& optimizer, const RegimeConfig&) {
        return make_myle(config, optimizer.base_lrs());
      });
  container.component<LrScheduler>(
      "noam", [](const NoamConfig& config, const Optimizer& optimizer, const RegimeConfig&) {
        return make_noam(config, optimizer.base_lrs());
      });
  container.component<LrScheduler>(
      "polynomial_decay", [](const PolynomialDecayConfig& config, const Optimizer& optimizer,
                             const RegimeConfig& regime) {
        return make_polynomial_decay(config, optimizer.base_lrs(), regime.num_steps);
      });
  container.component<LrScheduler>(
      "tri_stage",
      [](const TriStageConfig& config, const Optimizer& optimizer, const RegimeConfig& regime) {
        return make_tri_stage(config, optimizer.base_lrs(), regime.num_steps);
      });
  container.component<LrScheduler>(
      "wsd", [](const WsdConfig& config, const Optimizer& optimizer, const RegimeConfig& regime) {
        return make_wsd(config, optimizer.base_lrs(), regime.num_steps);
      });
}

}  // namespace roux
