#pragma once

#include <initializer_list>
#include <vector>

namespace roux {

// How the ranks of a run are arranged: so many along each axis. Ranks that differ along a later
// axis alone are further from each other; a tensor gang's are neighbours, and on one machine where
// it is no larger than one.
struct Topology {
  enum class Axis { Tensor, Context, Shard, Replicate, Pipeline };

  int tensor = 1;
  int context = 1;
  int shard = 1;      // of the data-parallel ranks: those that share one copy of the parameters
  int replicate = 1;  // copies of the parameters
  int pipeline = 1;

  int size() const { return tensor * context * shard * replicate * pipeline; }
  int along(Axis axis) const;

  // The ranks that differ from `rank` along these axes alone, itself included, in their order.
  std::vector<int> ranks_along(std::initializer_list<Axis> axes, int rank) const;
};

}  // namespace roux
