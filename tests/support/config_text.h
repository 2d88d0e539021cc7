#pragma once

#include <string>
#include <vector>

#include "roux/base/strings.h"
#include "roux/config/dump.h"
#include "roux/config/load.h"

namespace roux {

// A config of default values as its dump has it, without docs and blank lines.
template <typename C>
std::vector<std::string> default_lines() {
  std::vector<std::string> lines;
  for (const auto& line : split(config::dump_as(C()), '\n')) {
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

// What is wrong with a config made in code, a line each: "key: text".
template <typename C>
std::vector<std::string> problems_of(const C& config) {
  const auto checked = config::check_config(config::config_type<C>(), &config, config::NoCatalog());
  std::vector<std::string> lines;
  for (const auto& problem : checked.problems.all()) lines.push_back(to_string(problem));
  return lines;
}

}  // namespace roux
