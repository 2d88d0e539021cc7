#include "optim/trained_entry.h"

namespace roux {

std::vector<TrainedEntry> trained_entries(const nn::FlatParameters& parameters,
                                          const ParameterGroups& groups) {
  std::vector<TrainedEntry> all;
  for (std::size_t buffer = 0; buffer < parameters.groups().size(); ++buffer) {
    const nn::FlatGroup& flat = parameters.groups()[buffer];
    if (!flat.trainable) continue;
    for (std::size_t i = 0; i < flat.entries.size(); ++i) {
      all.push_back({buffer, groups.of[buffer][i], &flat.entries[i]});
    }
  }
  return all;
}

}  // namespace roux
