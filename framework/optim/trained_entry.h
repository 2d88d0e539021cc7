#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "optim/parameter_groups.h"
#include "roux/nn/flat_parameters.h"

namespace roux {

// A trained parameter, for optimizers that look at each as a whole.
struct TrainedEntry {
  std::size_t buffer = 0;  // its flat group's number
  std::size_t group = 0;   // the optimizer's
  const nn::FlatEntry* entry = nullptr;

  Segment segment() const { return {buffer, group, entry->offset, entry->offset + entry->numel}; }
};

std::vector<TrainedEntry> trained_entries(const nn::FlatParameters& parameters,
                                          const ParameterGroups& groups);

}  // namespace roux
