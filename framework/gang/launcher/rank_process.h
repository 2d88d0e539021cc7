#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gang/launcher/job.h"

namespace roux::launcher {

// What a program is started with.
struct Start {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  Variables variables;
  int out = 1;  // descriptors that become its stdout and stderr
  int err = 2;
};

// Starts it in a process group of its own, with nothing on its stdin and no signal blocked, and so
// that it dies with the calling thread. Throws Error if it can't be run.
pid_t spawn(const Start& start);

// Kills every process that descends from this one, whatever process group it is in: to be called by
// a process that orphans are given to (PR_SET_CHILD_SUBREAPER). Waits for all that are its
// children.
void kill_descendants() noexcept;

}  // namespace roux::launcher
