#include "trainer/resume_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// A dump has a line for each key, under the header of its section.
std::map<std::string, std::string> flatten(std::string_view toml) {
  std::map<std::string, std::string> values;
  std::string section;
  std::map<std::string, int> entries;  // of arrays of tables
  for (const std::string& line : split(toml, '\n')) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with("[[")) {
      const std::string name(text.substr(2, text.size() - 4));
      section = cat(name, '[', entries[name]++, ']');
    } else if (text.starts_with('[')) {
      section = text.substr(1, text.size() - 2);
    } else if (const auto equals = text.find(" = "); equals != std::string_view::npos) {
      const std::string key(text.substr(0, equals));
      values[section.empty() ? key : cat(section, '.', key)] = text.substr(equals + 3);
    } else if (!values.empty()) {
      values[section] += cat(text, '\n');  // a value of several lines
    }
  }
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
  constexpr std::array kWarned = {"lr_scheduler", "optimizer.config.lr", "trainer.max_grad_norm"};
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
