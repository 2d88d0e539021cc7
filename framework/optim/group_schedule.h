#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/optim/lr_scheduler.h"
#include "roux/optim/lr_scheduler_config.h"

namespace roux {

using Rates = std::vector<double>;

// A rate for each of `groups` groups. Throws ConfigError if it is a list of another length; `name`
// is the setting's.
Rates rates_of(const GroupRates& rates, std::size_t groups, std::string_view name);

// The last rates: `final_lr`, or `final_lr_scale` of the base rates.
Rates final_rates(const std::optional<GroupRates>& final_lr,
                  const std::optional<GroupRates>& final_lr_scale, const Rates& base);

// The run's length. Throws ConfigError where it is unset; `name` is the schedule's.
std::int64_t length_of_run(std::optional<std::int64_t> num_steps, std::string_view name);

// low + (high - low) * share, for each group.
Rates between(const Rates& low, const Rates& high, double share);

Rates times(const Rates& rates, double factor);

// part / whole, of whole numbers.
double ratio(std::int64_t part, std::int64_t whole);

// A schedule that is a function.
std::unique_ptr<LrScheduler> make_schedule(std::function<Rates(std::int64_t step)> lrs);

}  // namespace roux
