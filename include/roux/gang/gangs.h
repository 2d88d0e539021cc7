#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roux/gang/gang.h"
#include "roux/gang/meeting.h"
#include "roux/gang/topology.h"

namespace roux {

// The gangs of a run that a rank is in.
struct Gangs {
  // All ranks, on the host whatever the device: what processes agree about, and texts.
  std::shared_ptr<Gang> root;

  // Those that read other data and have the same part of the model: the gradients' sums are taken
  // here. It is `replicate` times `shard`.
  std::shared_ptr<Gang> data;
  std::shared_ptr<Gang> replicate;
  std::shared_ptr<Gang> shard;

  // Those that share the work on the same data.
  std::shared_ptr<Gang> tensor;
  std::shared_ptr<Gang> context;
  std::shared_ptr<Gang> pipeline;
};

// All ranks call this alike. Throws ConfigError where the topology is of another size than the run.
Gangs make_gangs(Meeting& meeting, const Topology& topology, at::Device device = at::kCPU);

// Those of a process that trains alone.
Gangs make_fake_gangs(at::Device device = at::kCPU);

// Throws ConfigError, which names the ranks and the first lines that differ, where what a run must
// have in common is not the same on all ranks. Each thing by its name: {"the config", toml}.
void check_same_everywhere(Gang& root,
                           const std::vector<std::pair<std::string, std::string>>& things);

}  // namespace roux
