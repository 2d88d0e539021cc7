#include "roux/config/sections/gang.h"

namespace roux {

void GangConfig::describe(config::Fields<GangConfig>& field) {
  field("tensor_parallel_size", &GangConfig::tensor_parallel_size,
        "Over how many processes each layer is split. Must divide the number of processes.")
      .at_least(1);
  field("timeout", &GangConfig::timeout,
        "How long a collective may wait for the slowest process. A plain number counts minutes.")
      .counts(std::chrono::minutes(1))
      .at_least(std::chrono::seconds(1));
  field("high_priority", &GangConfig::high_priority,
        "Run NCCL on high-priority streams, ahead of the computation it overlaps with.");
}

}  // namespace roux
