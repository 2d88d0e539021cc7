#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "roux/gang/gang.h"
#include "roux/gang/world.h"

namespace roux {

// Where the processes of a run meet, and gangs are made from.
//
// The process of a run of one meets nobody, and makes fake gangs.
class Meeting {
 public:
  // Returns once this process is where rank 0, or the launcher, keeps the meeting place. Throws
  // GangError where it is not there within `timeout`, which holds for collectives too.
  Meeting(World world, std::chrono::nanoseconds timeout);
  ~Meeting();  // after all of its gangs
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;

  const World& world() const;

  // A gang of these ranks of the run, this one among them. All of them call this, gangs in the same
  // order. A thread that takes part in collectives while another does needs a gang of its own.
  std::shared_ptr<Gang> make_gang(const std::string& name, std::vector<int> ranks,
                                  at::Device device = at::kCPU);

  std::shared_ptr<Gang> make_gang_of_all(const std::string& name, at::Device device = at::kCPU);

  // For errors: which step this rank is in.
  void begin_step(std::int64_t step);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace roux
