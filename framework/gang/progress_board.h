#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace roux::gang {

// What a rank was last known to do.
struct Progress {
  std::int64_t step = -1;                         // -1: no step was begun
  std::map<std::string, std::int64_t> begun;      // collectives, by gang
  std::string last;                               // the collective that was begun last
  std::string waits_for;                          // and the one that is waited for, or ""
  std::chrono::system_clock::time_point since{};  // it does this
  std::chrono::system_clock::time_point told{};   // when the rank was last heard of

  bool operator==(const Progress&) const = default;
};

// As text and back; parse_progress() gives a default one for what is none.
std::string to_text(const Progress& progress);
Progress parse_progress(const std::string& text);

// What this rank does, told to the others from a thread of its own, however long this rank's own
// threads may hang; and what the others tell.
//
// Thread safety: every member may be called from any thread.
class ProgressBoard {
 public:
  // Where the ranks' texts are kept; both may throw, and `read` gives "" for what isn't there.
  struct Store {
    std::function<void(int rank, const std::string& text)> write;
    std::function<std::string(int rank)> read;
  };

  ProgressBoard(int rank, Store store, std::chrono::milliseconds interval);
  ~ProgressBoard();
  ProgressBoard(const ProgressBoard&) = delete;
  ProgressBoard& operator=(const ProgressBoard&) = delete;

  void begin_step(std::int64_t step);

  // The number of the collective among those of its gang, from 1.
  std::int64_t begin_collective(const std::string& gang, std::string_view what);
  void begin_wait(std::string_view what);
  void end_wait();

  // Who of `ranks` has not come to the collective `number` of `gang`, and what they do instead, a
  // line each: "rank 3 has not come: ...". "" if all have, or nothing is known.
  std::string who_is_late(const std::string& gang, std::int64_t number,
                          const std::vector<int>& ranks);

  // Who of `ranks` was never heard of: "1, 5".
  std::string who_is_missing(const std::vector<int>& ranks);

 private:
  void tell();
  void run(std::chrono::milliseconds interval);

  int rank_;
  Store store_;

  std::mutex mutex_;
  std::condition_variable ended_;
  Progress progress_;  // guarded by mutex_
  bool end_ = false;   // guarded by mutex_
  std::mutex store_mutex_;
  std::thread thread_;
};

}  // namespace roux::gang
