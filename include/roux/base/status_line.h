#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace roux {

// Says on stderr how far something is: on a terminal in one line at the bottom, which is redrawn in
// place at most ten times a second and steps aside for what is logged meanwhile; elsewhere in a
// plain line now and then. Gone when it is destroyed. One at a time; any thread.
class StatusLine {
 public:
  // `elsewhere` lies between two plain lines. A quiet one shows nothing.
  explicit StatusLine(bool quiet = false,
                      std::chrono::milliseconds elsewhere = std::chrono::seconds(10));
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Whether it stands in a terminal and is redrawn; if not, what is shown is best one sentence.
  bool is_live() const { return live_; }

  // Whether it is time for another one: making it may cost more than showing it.
  bool due();

  // What is too long for the terminal is cut off.
  void show(std::string_view line);
  void clear();

 private:
  bool quiet_;
  bool live_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point last_;
};

// Takes the line away while it lives, and puts it back: for whoever writes on the terminal besides.
// The log does so by itself.
class StatusLineAside {
 public:
  StatusLineAside();
  ~StatusLineAside();
  StatusLineAside(const StatusLineAside&) = delete;
  StatusLineAside& operator=(const StatusLineAside&) = delete;
};

}  // namespace roux
