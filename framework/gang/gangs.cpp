#include "roux/gang/gangs.h"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

using Axis = Topology::Axis;

// Where two texts part, and in which section, if they are TOML.
std::string first_difference(const std::string& here, const std::string& there) {
  const auto lines = split(here, '\n');
  const auto others = split(there, '\n');
  const auto line = [](const std::vector<std::string>& all, std::size_t i) {
    return i < all.size() ? cat('"', trim(all[i]), '"') : std::string("nothing more");
  };
  std::size_t i = 0;
  while (i < lines.size() && i < others.size() && lines[i] == others[i]) ++i;
  std::size_t section = std::min(i, lines.size());
  while (section > 0 && !lines[section - 1].starts_with('[')) --section;
  return cat(section > 0 ? cat("in ", lines[section - 1], " ") : "", "rank 0 has ", line(lines, i),
             ", and it has ", line(others, i));
}

}  // namespace

Gangs make_gangs(Meeting& meeting, const Topology& topology, at::Device device) {
  const World& world = meeting.world();
  if (topology.size() != world.size) {
    throw ConfigError(cat("the gangs must be made up of all ", world.size,
                          " processes, but take up ", topology.size()));
  }
  // Of gangs of the same ranks there is one.
  std::map<std::vector<int>, std::shared_ptr<Gang>> made;
  const auto make = [&](const std::string& name, std::initializer_list<Axis> axes) {
    std::vector<int> ranks = topology.ranks_along(axes, world.rank);
    std::shared_ptr<Gang>& gang = made[ranks];
    if (!gang) gang = meeting.make_gang(name, ranks, device);
    return gang;
  };
  Gangs gangs;
  const std::vector<int> all = topology.ranks_along(
      {Axis::Tensor, Axis::Context, Axis::Shard, Axis::Replicate, Axis::Pipeline}, world.rank);
  gangs.root = meeting.make_gang("root", all);
  if (device.is_cpu()) made.emplace(all, gangs.root);
  gangs.data = make("data", {Axis::Shard, Axis::Replicate});
  gangs.replicate = make("replicate", {Axis::Replicate});
  gangs.shard = make("shard", {Axis::Shard});
  gangs.tensor = make("tensor", {Axis::Tensor});
  gangs.context = make("context", {Axis::Context});
  gangs.pipeline = make("pipeline", {Axis::Pipeline});
  return gangs;
}

Gangs make_fake_gangs(at::Device device) {
  const std::shared_ptr<Gang> one = make_fake_gang(0, 1, device);
  return {device.is_cpu() ? one : make_fake_gang(), one, one, one, one, one, one};
}

void check_same_everywhere(Gang& root,
                           const std::vector<std::pair<std::string, std::string>>& things) {
  for (const auto& [name, mine] : things) {
    const std::string first = root.broadcast_text(mine, 0, name);
    const auto verdicts = root.all_gather_texts(mine == first ? "" : first_difference(first, mine),
                                                cat("the comparison of ", name));
    for (std::size_t rank = 0; rank < verdicts.size(); ++rank) {
      if (verdicts[rank].empty()) continue;
      throw ConfigError(cat(name, " must be the same on all ranks, but rank ", rank,
                            "'s is another: ", verdicts[rank]));
    }
  }
}

}  // namespace roux
