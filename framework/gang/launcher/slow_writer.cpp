#include "gang/launcher/slow_writer.h"

#include "base/posix.h"

namespace roux::launcher {
namespace {

constexpr std::size_t kFull = 4 << 20;

}  // namespace

SlowWriter::SlowWriter(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {}

SlowWriter::~SlowWriter() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SlowWriter::write(std::string_view bytes) {
  if (bytes.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    waiting_.append(bytes);
  }
  changed_.notify_one();
}

bool SlowWriter::is_full() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() + being_written_ > kFull;
}

void SlowWriter::run() {
  bool is_gone = false;
  std::string bytes;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    bytes.clear();
    bytes.swap(waiting_);
    being_written_ = bytes.size();
    lock.unlock();
    if (!is_gone) is_gone = posix::write_all(descriptor_, bytes) != 0;
    lock.lock();
    being_written_ = 0;
  }
}

}  // namespace roux::launcher
