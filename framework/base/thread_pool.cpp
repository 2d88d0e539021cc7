#include "roux/base/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>

#include "roux/base/error.h"

namespace roux {
namespace {

int available_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void name_this_thread(const std::string& name, int index) {
  constexpr std::size_t kLongest = 15;  // the kernel's limit
  const std::string number = cat("/", index);
  const std::size_t room = kLongest - std::min(kLongest, number.size());
  pthread_setname_np(pthread_self(), (name.substr(0, room) + number).c_str());
}

// One parallel_for. Shared with helpers that may start only after it is over, and then find no
// piece left; so `work`, which lives no longer than the call, is touched only for a piece.
class Loop {
 public:
  Loop(std::int64_t begin, std::int64_t end, std::int64_t grain,
       const std::function<void(std::int64_t, std::int64_t)>& work)
      : begin_(begin),
        end_(end),
        grain_(grain),
        num_pieces_((end - begin - 1) / grain + 1),
        work_(work) {}

  std::int64_t num_pieces() const { return num_pieces_; }

  void take_part() {
    for (;;) {
      const std::int64_t piece = next_piece_.fetch_add(1);
      if (piece >= num_pieces_) return;
      if (!failed_.load()) run(piece);
      finish_piece();
    }
  }

  // Returns when all pieces are done; throws what one of them threw first.
  void wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [&] { return num_done_ == num_pieces_; });
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  void run(std::int64_t piece) {
    const std::int64_t first = begin_ + piece * grain_;
    try {
      work_(first, grain_ < end_ - first ? first + grain_ : end_);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (error_ == nullptr) error_ = std::current_exception();
      failed_ = true;
    }
  }

  void finish_piece() {
    const std::lock_guard lock(mutex_);
    if (++num_done_ == num_pieces_) all_done_.notify_all();
  }

  const std::int64_t begin_;
  const std::int64_t end_;
  const std::int64_t grain_;
  const std::int64_t num_pieces_;
  const std::function<void(std::int64_t, std::int64_t)>& work_;

  std::atomic<std::int64_t> next_piece_ = 0;
  std::atomic<bool> failed_ = false;

  std::mutex mutex_;
  std::condition_variable all_done_;
  std::int64_t num_done_ = 0;
  std::exception_ptr error_;
};

}  // namespace

ThreadPool::ThreadPool(ThreadPoolConfig config) {
  require(config.num_threads >= 0, "ThreadPool: num_threads must not be negative");
  const int num_threads = config.num_threads > 0 ? config.num_threads : available_cores();
  for (int index = 0; index < num_threads; ++index) {
    threads_.emplace_back([this, config, index](const std::stop_token& stop) {
      name_this_thread(config.name, index);
      if (config.on_start) config.on_start(index);
      run(stop);
    });
  }
}

ThreadPool::~ThreadPool() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void ThreadPool::parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                              const std::function<void(std::int64_t, std::int64_t)>& work) {
  require(grain >= 1, "ThreadPool::parallel_for: grain must be 1 or more");
  if (begin >= end) return;

  const auto loop = std::make_shared<Loop>(begin, end, grain, work);
  const std::int64_t num_helpers = std::min<std::int64_t>(num_threads(), loop->num_pieces() - 1);
  for (std::int64_t i = 0; i < num_helpers; ++i) push(Work([loop] { loop->take_part(); }));
  loop->take_part();
  loop->wait();
}

void ThreadPool::push(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  work_came_.notify_one();
}

void ThreadPool::run(const std::stop_token& stop) {
  for (;;) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      // False only if the pool is stopping and nothing is left to do.
      if (!work_came_.wait(lock, stop, [&] { return !queue_.empty(); })) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace roux
