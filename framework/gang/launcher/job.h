#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace roux::launcher {

// What all launchers of a run know once they have met: who is which rank, and where they meet.
struct Job {
  int node_rank = 0;
  int nodes = 1;
  int first_rank = 0;  // of those on this node
  int local_size = 1;
  int world_size = 1;
  std::string host;
  std::uint16_t port = 0;
  std::string run_id;
  int max_restarts = 0;
  std::vector<int> sizes;  // local_size of each node

  int rank(int local_rank) const { return first_rank + local_rank; }
};

using Variables = std::map<std::string, std::string>;

// The variables of this process.
Variables own_variables();

// The environment of one rank: torchrun's variables, over those of the launcher.
//
// With several processes on a node, OMP_NUM_THREADS shares its cores out, unless the user has set
// it. A single one is left to find out for itself, as it would without a launcher.
Variables rank_variables(const Job& job, int local_rank, int attempt, int cores,
                         const std::filesystem::path& error_file, Variables environment);

}  // namespace roux::launcher
