#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace roux {

struct ThreadPoolConfig {
  // 0: as many as the process may use cores.
  int num_threads = 0;

  // What debuggers and top show: "<name>/<index>", cut to 15 characters.
  std::string name = "worker";

  // Called once by each thread, with its index from 0, before any work. Must not throw.
  std::function<void(int)> on_start;
};

// A fixed number of threads that take work in the order in which it came.
//
// Any thread may call any member. The destructor waits until everything submitted is done, also
// what running work submits meanwhile.
class ThreadPool {
 public:
  explicit ThreadPool(ThreadPoolConfig config = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return static_cast<int>(threads_.size()); }

  // Runs `work` on one of the threads; its result or exception is in the future, which may be
  // dropped. Work that waits for a future of the same pool can wait for ever: all threads may.
  template <typename F>
  auto submit(F work) -> std::future<std::invoke_result_t<F&>> {
    std::packaged_task<std::invoke_result_t<F&>()> task(std::move(work));
    auto result = task.get_future();
    push(Work([task = std::move(task)]() mutable { task(); }));
    return result;
  }

  // Calls work(first, last) for pieces of [begin, end) that hold at most `grain` indices, at the
  // same time and in no order, and returns when all are done. The caller works too, so that it may
  // be called from the pool's own threads. If one throws, pieces not begun are left out, and the
  // first exception is thrown here. Requires: grain >= 1.
  void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                    const std::function<void(std::int64_t, std::int64_t)>& work);

 private:
  using Work = std::packaged_task<void()>;  // unlike std::function, holds what can only be moved

  void push(Work work);
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any work_came_;
  std::deque<Work> queue_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace roux
