#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "roux/nn/flat_parameters.h"

namespace roux {

// Which of an optimizer's groups each parameter is in.
struct ParameterGroups {
  // [flat group][entry]: a number below `count`.
  std::vector<std::vector<std::size_t>> of;

  // The groups of the config, and a last one for the parameters that are in none of them, if any.
  std::size_t count = 0;
};

// fairseq2's rule: a parameter is in the first group with a pattern that its name begins with.
// Throws ConfigError for a pattern that is no regular expression, or that no name begins with.
ParameterGroups group_parameters(const nn::FlatParameters& parameters,
                                 const std::vector<std::vector<std::string>>& patterns);

// The patterns of a config's `groups`.
template <typename Group>
std::vector<std::vector<std::string>> patterns_of(const std::vector<Group>& groups) {
  std::vector<std::vector<std::string>> patterns;
  for (const Group& group : groups) patterns.push_back(group.params);
  return patterns;
}

// A part of one flat group's buffers whose parameters are all in one group.
struct Segment {
  std::size_t buffer = 0;  // the flat group's number
  std::size_t group = 0;
  std::int64_t begin = 0;  // in elements
  std::int64_t end = 0;
};

// Where trained parameters lie: neighbours of one group are one segment, with the gaps (which are
// zero, and stay so) between them.
std::vector<Segment> segments_of(const nn::FlatParameters& parameters,
                                 const ParameterGroups& groups);

}  // namespace roux
