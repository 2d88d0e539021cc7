#include "optim/parameter_groups.h"

#include <optional>
#include <regex>

#include "roux/base/error.h"

namespace roux {
namespace {

struct Pattern {
  std::string place;  // "optimizer.config.groups[0].params[1]"
  std::string text;
  std::regex compiled;
  std::size_t group = 0;
  bool matched = false;
};

std::vector<Pattern> compile(const std::vector<std::vector<std::string>>& patterns) {
  std::vector<Pattern> compiled;
  for (std::size_t group = 0; group < patterns.size(); ++group) {
    for (std::size_t i = 0; i < patterns[group].size(); ++i) {
      const std::string place = cat("optimizer.config.groups[", group, "].params[", i, "]");
      const std::string& text = patterns[group][i];
      try {
        compiled.push_back({place, text, std::regex(text), group});
      } catch (const std::regex_error& error) {
        throw ConfigError(
            cat(place, " must be a regular expression, but is \"", text, "\": ", error.what()));
      }
    }
  }
  return compiled;
}

bool begins_with(const std::string& name, const Pattern& pattern) {
  return name == pattern.text ||
         std::regex_search(name, pattern.compiled, std::regex_constants::match_continuous);
}

}  // namespace

ParameterGroups group_parameters(const nn::FlatParameters& parameters,
                                 const std::vector<std::vector<std::string>>& patterns) {
  std::vector<Pattern> compiled = compile(patterns);
  ParameterGroups groups;
  groups.count = patterns.size();
  for (const nn::FlatGroup& flat : parameters.groups()) {
    std::vector<std::size_t>& of = groups.of.emplace_back();
    for (const nn::FlatEntry& entry : flat.entries) {
      std::optional<std::size_t> found;
      for (Pattern& pattern : compiled) {
        if (!begins_with(entry.name, pattern)) continue;
        pattern.matched = true;
        if (!found) found = pattern.group;
      }
      of.push_back(found.value_or(patterns.size()));
      if (!found) groups.count = patterns.size() + 1;
    }
  }
  for (const Pattern& pattern : compiled) {
    if (!pattern.matched) {
      throw ConfigError(cat(pattern.place,
                            " must match the beginning of a parameter's name, but \"", pattern.text,
                            "\" matches none"));
    }
  }
  return groups;
}

std::vector<Segment> segments_of(const nn::FlatParameters& parameters,
                                 const ParameterGroups& groups) {
  std::vector<Segment> segments;
  for (std::size_t buffer = 0; buffer < parameters.groups().size(); ++buffer) {
    const nn::FlatGroup& flat = parameters.groups()[buffer];
    if (!flat.trainable) continue;
    for (std::size_t i = 0; i < flat.entries.size(); ++i) {
      const nn::FlatEntry& entry = flat.entries[i];
      const std::size_t group = groups.of[buffer][i];
      const std::int64_t end = entry.offset + entry.numel;
      if (!segments.empty() && segments.back().buffer == buffer && segments.back().group == group) {
        segments.back().end = end;
      } else {
        segments.push_back({buffer, group, entry.offset, end});
      }
    }
  }
  return segments;
}

}  // namespace roux
