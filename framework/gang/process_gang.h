#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gang/progress_board.h"
#include "roux/gang/gang.h"

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace roux::gang {

// A gang over c10d, whatever its backend. `ranks` are those of the run that take part, by their
// rank in the gang.
struct ProcessGangParts {
  std::string name;
  std::vector<int> ranks;
  int rank = 0;
  at::Device device = at::kCPU;
  std::chrono::milliseconds timeout{};
  std::shared_ptr<ProgressBoard> board;
  c10::intrusive_ptr<c10d::Backend> backend;
};

std::unique_ptr<Gang> make_process_gang(ProcessGangParts parts);

// c10d's Gloo, which talks to the others over the interface that leads to `host`, or the one that
// GLOO_SOCKET_IFNAME names. Throws Error where they can't be reached.
c10::intrusive_ptr<c10d::Backend> make_gloo_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                                    int rank, int size, const std::string& host,
                                                    std::chrono::milliseconds timeout);

}  // namespace roux::gang
