#include "roux/recipe/run.h"

#include "recipe/launched.h"
#include "recipe/output_folder.h"
#include "recipe/torch_settings.h"
#include "recipe/wired.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/config/sections/common.h"
#include "roux/gang/world.h"

namespace roux {

FinishedRun::FinishedRun(std::unique_ptr<WiredRecipe> wired, std::unique_ptr<Job> job)
    : wired_(std::move(wired)), job_(std::move(job)) {}

FinishedRun::FinishedRun(FinishedRun&&) noexcept = default;
FinishedRun::~FinishedRun() = default;

const di::Resolver& FinishedRun::resolver() const {
  return wired_->container;
}

Trainer& FinishedRun::trainer() const {
  require(job_->trainer() != nullptr, "FinishedRun::trainer: the recipe trains");
  return *job_->trainer();
}

FinishedRun detail::run(const RecipeParts& recipe, const void* config, ConfigType type,
                        const std::filesystem::path& output_dir) {
  auto wired = std::make_unique<WiredRecipe>(recipe);
  require(wired->type->id() == type->id(),
          cat("roux::run: the recipe's config is ", wired->type->name(), ", not ", type->name()));
  wired->take(config);
  for (const auto& warning : wired->loaded.problems.warnings()) log_warning(to_string(warning));
  wired->loaded.problems.throw_if_any();
  wired->seal(output_dir);

  const RunFolder folder(output_dir, wired->dump(), wired->container.get<const World>().rank);
  apply_torch_settings(wired->container.get<const CommonConfig>().torch);
  meet_others(wired->container);
  auto job = wired->create_job();
  job->run();
  return {std::move(wired), std::move(job)};
}

}  // namespace roux
