#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux::launcher {

// How a process ended.
struct End {
  bool by_signal = false;
  int number = 0;  // the signal's, or the exit code

  // As a shell counts: 128 + N if signal N ended it.
  int exit_code() const { return by_signal ? 128 + number : number; }

  // The signal after which it stopped in an orderly way, and said so by its exit code.
  std::optional<int> stop_signal() const;
};

// What a rank wrote into the file that TORCHELASTIC_ERROR_FILE names.
struct ErrorFile {
  std::string text;
  double time = 0.0;                  // seconds since 1970
  bool consequence = false;           // it failed since another was gone
  std::optional<int> exit_code = {};  // that it was about to exit with
};

// nullopt where there is none, or none that can be understood.
std::optional<ErrorFile> read_error_file(const std::filesystem::path& file);

// A rank that failed, or a whole node.
struct Failure {
  int node = 0;
  int rank = -1;     // -1: the launcher of the node is gone
  std::string host;  // of the node
  int exit_code = 1;
  std::string how;   // "exited with code 1"
  std::string text;  // what it said, in lines
  double time = 0.0;
  bool consequence = false;
  bool stopped = false;  // no failure: it stopped after a signal that asked for it
};

// "exited with code 1", "was killed by SIGSEGV (…)". `kills_for_memory`: how many processes the
// kernel has killed for lack of memory since the rank was started.
std::string describe(const End& end, std::uint64_t kills_for_memory);

// "SIGTERM".
std::string signal_name(int signal);

// The one to show: the first by time that is no consequence of another, nor a stop; else the first
// consequence; else the first stop.
std::optional<Failure> first_of(const std::vector<Failure>& failures);

// "rank 3 on node 1 (host) failed: exited with code 1", and below it what it said.
std::string report(const Failure& failure, int nodes);

// The last lines of a text, control characters shown.
std::string last_lines(std::string_view text, int count);

// How many processes the kernel has killed for lack of memory, on this machine and in the control
// group of this process, as the files below `root` say.
std::uint64_t kills_for_memory(const std::filesystem::path& root = "/");

}  // namespace roux::launcher
