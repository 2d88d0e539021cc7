#include "roux/gang/topology.h"

#include <algorithm>
#include <array>

#include "roux/base/error.h"

namespace roux {
namespace {

using Axis = Topology::Axis;

// From the one along which ranks are neighbours.
constexpr std::array kAxes{Axis::Tensor, Axis::Context, Axis::Shard, Axis::Replicate,
                           Axis::Pipeline};

}  // namespace

int Topology::along(Axis axis) const {
  switch (axis) {
    case Axis::Tensor:
      return tensor;
    case Axis::Context:
      return context;
    case Axis::Shard:
      return shard;
    case Axis::Replicate:
      return replicate;
    case Axis::Pipeline:
      return pipeline;
  }
  throw InternalError("Topology: an axis that there isn't");
}

std::vector<int> Topology::ranks_along(std::initializer_list<Axis> axes, int rank) const {
  require(rank >= 0 && rank < size(), "Topology::ranks_along: a rank is less than the size");
  std::vector<int> ranks{rank};
  int stride = 1;
  for (const Axis axis : kAxes) {
    const int count = along(axis);
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      const int place = rank / stride % count;
      std::vector<int> more;
      for (int i = 0; i < count; ++i) {
        for (const int each : ranks) more.push_back(each + (i - place) * stride);
      }
      ranks = std::move(more);
    }
    stride *= count;
  }
  return ranks;
}

}  // namespace roux
