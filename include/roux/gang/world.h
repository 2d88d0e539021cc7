#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace roux {

// Which of the processes of a run this one is, as what started it says.
struct World {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  // of those on this machine
  int local_size = 1;

  // Where the processes meet; "" where there is one alone.
  std::string host;
  std::uint16_t port = 0;

  // Whether what started them keeps the meeting place itself: then rank 0 must not.
  bool has_store = false;

  // Which start of the run this is, counted from 0: a launcher may start it again after a failure.
  int restart = 0;

  // "torchrun", "Slurm", "Open MPI", or "" for a process that was started alone.
  std::string launcher;

  bool is_alone() const { return launcher.empty(); }
};

// What a variable of the environment holds, or nullopt.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

// Which launchers' variables to go by.
enum class LaunchedBy { Anything, TorchrunOnly, SlurmOnly };

// Understands the variables of torchrun (and of whatever sets the same, as `roux run` does), Slurm
// and Open MPI, in this order. Throws ConfigError, naming the variables, where they are set half,
// or contradict each other.
World find_world(const Environment& environment, LaunchedBy launched_by = LaunchedBy::Anything);

}  // namespace roux
