#include "roux/gang/meeting.h"

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "gang/process_gang.h"
#include "gang/progress_board.h"
#include "gang/store_client.h"
#include "roux/base/error.h"

namespace roux {
namespace {

using c10d::PrefixStore;
using c10d::TCPStore;
using StorePtr = c10::intrusive_ptr<c10d::Store>;
using std::chrono::milliseconds;

// A run that is started again doesn't find what the former one left there.
StorePtr for_this_start(const StorePtr& store, const World& world) {
  return c10::make_intrusive<PrefixStore>(cat("roux/", world.restart), store);
}

StorePtr connect(const World& world, bool hosts, milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = world.port;
  options.isServer = hosts;
  options.waitWorkers = false;
  options.timeout = timeout;
  try {
    const auto store = c10::make_intrusive<TCPStore>(world.host, options);
    constexpr std::chrono::seconds kSilence{30};
    gang::limit_silence(world.port, kSilence);
    return store;
  } catch (const std::exception& error) {
    throw GangError(cat("rank ", world.rank, hosts ? " can't open" : " does not come to",
                        " the meeting place of the run, ", world.host, ':', world.port,
                        " (MASTER_ADDR, MASTER_PORT): ", gang::reason_of(error)),
                    !hosts);
  }
}

std::string board_key(int rank) {
  return cat("progress/", rank);
}

// A connection of its own: others wait for keys on theirs.
gang::ProgressBoard::Store board_store(const StorePtr& store) {
  return {
      .write = [store](int rank, const std::string& text) { store->set(board_key(rank), text); },
      .read = [store](int rank) -> std::string {
        if (!store->check({board_key(rank)})) return "";
        const auto bytes = store->get(board_key(rank));
        return {bytes.begin(), bytes.end()};
      }};
}

}  // namespace

struct Meeting::State {
  State(World the_world, milliseconds the_timeout)
      : world(std::move(the_world)), timeout(the_timeout) {
    if (world.size == 1) return;
    gang::quiet_c10d();
    const StorePtr connection = connect(world, world.rank == 0 && !world.has_store, timeout);
    store = for_this_start(connection, world);
    constexpr milliseconds kInterval{1000};
    board = std::make_shared<gang::ProgressBoard>(
        world.rank, board_store(for_this_start(connect(world, false, timeout), world)), kInterval);
  }

  World world;
  milliseconds timeout;
  StorePtr store;
  std::shared_ptr<gang::ProgressBoard> board;
  std::map<std::string, int> names;  // how often each was used
};

Meeting::Meeting(World world, std::chrono::nanoseconds timeout)
    : state_(std::make_unique<State>(std::move(world),
                                     std::chrono::duration_cast<milliseconds>(timeout))) {}

Meeting::~Meeting() = default;

const World& Meeting::world() const {
  return state_->world;
}

std::shared_ptr<Gang> Meeting::make_gang(const std::string& name, std::vector<int> ranks,
                                         at::Device device) {
  const World& world = state_->world;
  const auto place = std::find(ranks.begin(), ranks.end(), world.rank);
  require(place != ranks.end(), "Meeting::make_gang: this rank must be among them");
  const auto rank = static_cast<int>(place - ranks.begin());
  const auto size = static_cast<int>(ranks.size());
  if (size == 1) return make_fake_gang(0, 1, device);

  require(device.is_cpu(), "Meeting::make_gang: gangs are on the CPU");
  // Each first rank's gangs have keys of their own.
  const std::string key = cat(name, '/', ranks.front());
  const StorePtr store =
      c10::make_intrusive<PrefixStore>(cat(key, '/', state_->names[key]++), state_->store);
  gang::ProcessGangParts parts{.name = name,
                               .ranks = std::move(ranks),
                               .rank = rank,
                               .device = device,
                               .timeout = state_->timeout,
                               .board = state_->board};
  try {
    parts.backend = gang::make_gloo_backend(store, rank, size, world.host, state_->timeout);
  } catch (const std::exception& error) {
    const std::string missing = state_->board->who_is_missing(parts.ranks);
    throw GangError(cat("rank ", world.rank, " does not find the others of the ", name, " gang",
                        missing.empty() ? cat(": ", gang::reason_of(error))
                                        : cat(" within gang.timeout: of ", world.size,
                                              " ranks these have not come: ", missing)),
                    true);
  }
  return gang::make_process_gang(std::move(parts));
}

std::shared_ptr<Gang> Meeting::make_gang_of_all(const std::string& name, at::Device device) {
  std::vector<int> all(static_cast<std::size_t>(state_->world.size));
  std::iota(all.begin(), all.end(), 0);
  return make_gang(name, std::move(all), device);
}

void Meeting::begin_step(std::int64_t step) {
  if (state_->board) state_->board->begin_step(step);
}

}  // namespace roux
