#include "optim/group_schedule.h"

#include <utility>

#include "roux/base/error.h"

namespace roux {
namespace {

class Schedule final : public LrScheduler {
 public:
  explicit Schedule(std::function<Rates(std::int64_t)> lrs) : lrs_(std::move(lrs)) {}

  Rates lrs(std::int64_t step) const override {
    require(step >= 0, "LrScheduler::lrs: steps count from 0");
    return lrs_(step);
  }

 private:
  std::function<Rates(std::int64_t)> lrs_;
};

}  // namespace

Rates rates_of(const GroupRates& rates, std::size_t groups, std::string_view name) {
  if (const auto* one = std::get_if<double>(&rates)) return Rates(groups, *one);
  const auto& each = std::get<std::vector<double>>(rates);
  if (each.size() != groups) {
    throw ConfigError(cat("lr_scheduler.config.", name, " must have a rate for each of the ",
                          groups, " groups of the optimizer, but has ", each.size()));
  }
  return each;
}

Rates final_rates(const std::optional<GroupRates>& final_lr,
                  const std::optional<GroupRates>& final_lr_scale, const Rates& base) {
  if (final_lr) return rates_of(*final_lr, base.size(), "final_lr");
  require(final_lr_scale.has_value(), "final_rates: one of the two is set");
  Rates rates = rates_of(*final_lr_scale, base.size(), "final_lr_scale");
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] *= base[i];
  return rates;
}

std::int64_t length_of_run(std::optional<std::int64_t> num_steps, std::string_view name) {
  if (!num_steps) {
    throw ConfigError(
        cat("lr_scheduler.name: \"", name, "\" ends with the run, and needs regime.num_steps"));
  }
  return *num_steps;
}

Rates between(const Rates& low, const Rates& high, double share) {
  Rates rates(low.size());
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] = low[i] + (high[i] - low[i]) * share;
  return rates;
}

Rates times(const Rates& rates, double factor) {
  Rates result = rates;
  for (double& rate : result) rate *= factor;
  return result;
}

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::unique_ptr<LrScheduler> make_schedule(std::function<Rates(std::int64_t)> lrs) {
  return std::make_unique<Schedule>(std::move(lrs));
}

}  // namespace roux
