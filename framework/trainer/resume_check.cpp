#include "trainer/resume_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"

namespace roux {
namespace {

// Each value by its path: "optimizer.config.groups[0].params".
void flatten(const config::Value& value, const std::string& path,
             std::map<std::string, std::string>& values) {
  const auto* array = value.as<config::Array>();
  if (const auto* table = value.as<config::Table>()) {
    for (const auto& [key, member] : table->entries()) {
      flatten(member, path.empty() ? key : cat(path, '.', key), values);
    }
  } else if (array && !array->empty() && array->front().as<config::Table>()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      flatten((*array)[i], cat(path, '[', i, ']'), values);
    }
  } else {
    values[path] = config::to_toml(value);
  }
}

std::map<std::string, std::string> flatten(std::string_view toml) {
  std::map<std::string, std::string> values;
  flatten(config::parse_toml(toml, "the run's config", ""), "", values);
  return values;
}

bool is_of(std::string_view key, std::string_view prefix) {
  return key.starts_with(prefix) &&
         (key.size() == prefix.size() || key[prefix.size()] == '.' || key[prefix.size()] == '[');
}

enum class Change { Fine, Warned, Refused };

Change change_of(std::string_view key) {
  constexpr std::array kFine = {"dataset.prefetch", "dataset.config_overrides.on_bad_example",
                                "dataset.config_overrides.max_bad_share"};
  constexpr std::array kWarned = {"lr_scheduler", "optimizer.config.lr", "regime.num_steps",
                                  "trainer.max_grad_norm"};
  constexpr std::array kRefused = {"model",
                                   "tokenizer",
                                   "dataset",
                                   "optimizer",
                                   "modifiers",
                                   "common.seed",
                                   "trainer.mixed_precision"};
  const auto in = [&](const auto& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const char* prefix) { return is_of(key, prefix); });
  };
  if (in(kFine)) return Change::Fine;
  if (in(kWarned)) return Change::Warned;
  return in(kRefused) ? Change::Refused : Change::Fine;
}

}  // namespace

void check_resume(std::string_view saved, std::string_view now) {
  const auto before = flatten(saved);
  const auto after = flatten(now);
  std::map<std::string, std::pair<std::string, std::string>> changed;
  for (const auto& [key, value] : before) changed[key] = {value, "unset"};
  for (const auto& [key, value] : after) {
    const auto [entry, is_new] = changed.try_emplace(key, "unset", value);
    entry->second.second = value;
  }
  std::vector<std::string> refused;
  for (const auto& [key, values] : changed) {
    const auto& [was, is] = values;
    if (was == is) continue;
    const std::string what = cat(key, ": it was ", was, ", and is ", is);
    switch (change_of(key)) {
      case Change::Fine:
        break;
      case Change::Warned:
        log_warning("the run goes on with another setting: ", what);
        break;
      case Change::Refused:
        refused.push_back(cat("  ", what));
    }
  }
  if (refused.empty()) return;
  throw ConfigError(
      cat("the output folder holds a run with other settings, which can't go on with "
          "these (another output folder begins a new one):\n",
          join(refused, "\n")));
}

}  // namespace roux
