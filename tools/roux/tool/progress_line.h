#pragma once

#include <chrono>
#include <string>

namespace roux::tool {

// Says on stderr how far a command is: in one line on a terminal, in a line every ten seconds
// elsewhere. Gone when it is destroyed.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether it is time for another line: making one may cost more than showing it.
  bool due();

  void show(const std::string& line);
  void clear();

 private:
  bool quiet_;
  bool is_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace roux::tool
