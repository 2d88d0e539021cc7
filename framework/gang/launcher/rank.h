#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/posix.h"
#include "gang/launcher/console.h"
#include "gang/launcher/failure.h"
#include "gang/launcher/job.h"

namespace roux::launcher {

// Where the files of an attempt's ranks lie.
struct RankFiles {
  std::filesystem::path error;
  std::filesystem::path out;  // empty: its output is not kept
  std::filesystem::path err;
};

// How a rank's output reaches the user.
enum class Shown {
  Directly,  // the rank has our own stdout and stderr
  ByLine,    // through the console
  Never,     // it is only kept in files
};

// One rank of an attempt: its process, its output, and how it ended. It is a child of the thread
// that made it.
class Rank {
 public:
  // Throws Error if its files can't be made.
  Rank(int local_rank, int rank, RankFiles files, Shown shown);

  // Throws Error if the program can't be run.
  void start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
             Variables variables);

  int rank() const { return rank_; }
  const std::filesystem::path& error_file() const { return files_.error; }
  pid_t pid() const { return pid_; }
  bool runs() const { return pid_ > 0; }

  // To its process group, or to the process alone.
  void signal_group(int signal) const;
  void signal_process(int signal) const;

  // Its process has ended and waits to be waited for: kills what is left in its process group, and
  // reads what it still has to say.
  void bury(Console& console);

  // Once it has ended.
  const End& end() const { return end_; }

  // What went wrong, with what it said itself; without node and host. Requires: end() is no
  // success.
  Failure failure(std::uint64_t kills_for_memory) const;

  // Descriptors to poll for output, and what to do with one that has some.
  std::vector<int> pipes() const;
  void read(int descriptor, Console& console);

  // Reads all there is, once nobody is left that could write more.
  void drain(Console& console);

 private:
  struct Channel {
    Stream stream = Stream::Out;
    posix::Descriptor pipe;  // to read from; none if it has no need of one
    posix::Descriptor end;   // of the process
    posix::Descriptor file;
    off_t file_begin = 0;
  };

  bool read_some(Channel& channel, Console& console);
  std::string last_words() const;

  int local_rank_;
  int rank_;
  RankFiles files_;
  Shown shown_;
  Channel out_;
  Channel err_;
  pid_t pid_ = -1;
  End end_;
  double end_time_ = 0.0;
  std::string tail_;  // of stderr
};

}  // namespace roux::launcher
