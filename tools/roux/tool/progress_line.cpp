#include "tool/progress_line.h"

#include <unistd.h>

#include <iostream>

namespace roux::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kOnTerminal{100};
constexpr std::chrono::milliseconds kElsewhere{10'000};

}  // namespace

ProgressLine::ProgressLine(bool quiet)
    : quiet_(quiet), is_terminal_(isatty(STDERR_FILENO) == 1), last_(Clock::now()) {}

bool ProgressLine::due() {
  const auto now = Clock::now();
  if (quiet_ || now - last_ < (is_terminal_ ? kOnTerminal : kElsewhere)) return false;
  last_ = now;
  return true;
}

void ProgressLine::show(const std::string& line) {
  if (!is_terminal_) {
    std::cerr << line << '\n';
    return;
  }
  std::cerr << '\r' << line << "\x1b[K" << std::flush;
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace roux::tool
