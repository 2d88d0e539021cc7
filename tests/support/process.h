#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// How a program is started by a test.
struct ProcessOptions {
  // Added to the environment of the test, or instead of what it holds.
  std::map<std::string, std::string> environment = {};

  // Where it starts; empty: where the test runs.
  std::filesystem::path working_folder = {};

  // What it reads from its standard input.
  std::string input = {};

  // Once this is over, it is killed with all it started, and Error is thrown.
  std::chrono::milliseconds timeout{60'000};
};

// What a program did. `exit_code` is 128 + N if signal N ended it.
struct Finished {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A program that runs beside the test. argv[0] is looked for in PATH if it holds no slash.
//
// Thread safety: one thread at a time. Lifetime: what still runs is killed when this is destroyed,
// with all it started. All of it throws Error if the program can't be started or `timeout` is over.
class Process {
 public:
  explicit Process(std::vector<std::string> argv, ProcessOptions options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Returns once `text` stands in what it printed on stdout or on stderr. Throws Error if it ends
  // without.
  void wait_for_output(std::string_view text);

  void send_signal(int signal);

  // Waits for its end. Children that it left running are killed.
  Finished wait();

 private:
  // A pipe that the program prints into, and what came out of it so far.
  struct Output {
    int fd = -1;
    std::string text;

    // False if there was nothing to read just now.
    bool read_some();
  };

  // Waits until there is something new. False once the program has ended and all was read.
  bool advance();
  void end();
  void kill_group() noexcept;
  std::string describe() const;

  std::vector<std::string> argv_;
  std::chrono::steady_clock::time_point deadline_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  Output out_;
  Output err_;
  bool ended_ = false;
  int exit_code_ = 0;
};

// Runs a program to its end: run_process({"ls", "-l"}, {.working_folder = folder}).
Finished run_process(std::vector<std::string> argv, ProcessOptions options = {});

}  // namespace roux
