#pragma once

#include <string>

namespace roux {

// While it lives, stderr is a terminal of `columns` columns (TERM=xterm, no NO_COLOR), and what is
// written there is kept. One at a time; throws std::system_error if there is none to be had.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns, const char* term = "xterm");
  ~PseudoTerminal();
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  // What was written since the last call, line ends as they were written. Whoever writes waits once
  // a few kilobytes were not taken.
  std::string take();

 private:
  int screen_ = -1;
  int former_stderr_ = -1;
  std::string former_term_;
};

}  // namespace roux
