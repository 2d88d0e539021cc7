#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace roux::launcher {

// Writes to a descriptor from a thread of its own, so that a reader who takes his time (a terminal
// that is held, a pager) stops nobody here. Bytes that can't be written, since the reader is gone,
// are dropped: a run goes on without its spectators.
//
// Thread safety: any thread. Requires: SIGPIPE is blocked or ignored.
class SlowWriter {
 public:
  explicit SlowWriter(int descriptor);

  // Returns once all is written.
  ~SlowWriter();

  void write(std::string_view bytes);

  // Whether so much waits that writers should wait as well.
  bool is_full() const;

 private:
  void run();

  int descriptor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::size_t being_written_ = 0;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace roux::launcher
