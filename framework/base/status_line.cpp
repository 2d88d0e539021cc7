#include "roux/base/status_line.h"

#include <unistd.h>

#include <mutex>

#include "base/posix.h"
#include "roux/base/terminal.h"

namespace roux {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kOnTerminal{100};

// What stands in the terminal's last line. Never destroyed: destructors may log until the very end.
struct Shown {
  std::mutex mutex;
  std::string line;  // empty: nothing does
};

Shown& shown() {
  static Shown* const shown = new Shown;
  return *shown;
}

// In one piece, so that other processes' output does not get between; a terminal that is gone is
// nobody's loss.
void write(std::string_view text) {
  posix::write_all(STDERR_FILENO, text);
}

std::string drawn(std::string_view line) {
  // One column less: some terminals wrap once the last one is written to.
  const std::size_t columns = terminal_size(STDERR_FILENO).columns;
  return "\r" + cut_to_columns(line, columns > 1 ? columns - 1 : 1) + "\x1b[K";
}

constexpr std::string_view kErase = "\r\x1b[K";

}  // namespace

StatusLine::StatusLine(bool quiet, std::chrono::milliseconds elsewhere)
    : quiet_(quiet),
      live_(is_terminal(STDERR_FILENO)),
      interval_(live_ ? kOnTerminal : elsewhere),
      last_(Clock::now()) {}

bool StatusLine::due() {
  const auto now = Clock::now();
  if (quiet_ || now - last_ < interval_) return false;
  last_ = now;
  return true;
}

void StatusLine::show(std::string_view line) {
  if (quiet_) return;
  const std::lock_guard lock(shown().mutex);
  if (!live_) {
    write(std::string(line) + '\n');
    return;
  }
  shown().line = line;
  write(drawn(line));
}

void StatusLine::clear() {
  const std::lock_guard lock(shown().mutex);
  if (!shown().line.empty()) write(kErase);
  shown().line.clear();
}

StatusLineAside::StatusLineAside() {
  shown().mutex.lock();
  if (!shown().line.empty()) write(kErase);
}

StatusLineAside::~StatusLineAside() {
  if (!shown().line.empty()) write(drawn(shown().line));
  shown().mutex.unlock();
}

}  // namespace roux
