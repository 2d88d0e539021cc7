#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "roux/gang/world.h"

namespace roux {

// What a launcher is to start, and where.
struct LaunchOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;

  int processes = 1;  // on this node

  // Nodes are machines with a launcher each. They meet at host:port, which is node 0's. Without a
  // host there is one node, whose processes meet at a free port that only this machine sees.
  int nodes = 1;
  int node_rank = 0;
  std::string host;
  std::uint16_t port = 0;
  std::chrono::milliseconds meeting_timeout = std::chrono::minutes(15);
  // After which a node that says nothing is taken for lost.
  std::chrono::milliseconds silence = std::chrono::seconds(30);

  int max_restarts = 0;

  // For the others, once one has failed, between being asked to end and being killed.
  std::chrono::milliseconds grace = std::chrono::seconds(5);

  // Where each rank's output is kept, attempt by attempt; empty: it is printed, by rank.
  std::filesystem::path log_folder;
};

// Starts the processes and watches over them to the end of the run, restarts included, and returns
// the run's exit code: 0, that of the rank that failed first (128 + N if signal N killed it), or
// 128 + N after signal N asked for a stop. Hosts the store that they meet at. What goes wrong is
// told on stderr. No process that it started outlives it.
//
// Throws ConfigError where the launchers of several nodes contradict each other, Error where the
// program can't be run or the nodes don't meet.
//
// Thread safety: to be called in a process that does nothing else, from the thread that called
// guard_launcher() or main(): it takes over the signals and kills what children it has.
int launch(const LaunchOptions& options);

// Splits this process in two, before it has threads. The call returns in a child, which is to
// launch. The process that the user knows stays behind as its guardian: it hands the child its
// signals, exits with its exit code, and, if the child is killed, kills what that has started; and
// the other way round.
void guard_launcher();

// How many cores this process may use, and how many GPUs CUDA would see, going by the machine's
// files below `root` and by CUDA_VISIBLE_DEVICES.
int count_cores();
int count_gpus(const Environment& environment, const std::filesystem::path& root = "/");

}  // namespace roux
