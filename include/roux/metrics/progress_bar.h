#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "roux/base/status_line.h"

namespace roux {

struct ProgressBarOptions {
  std::string label = "train";
  std::int64_t done = 0;                   // steps taken before, by a run that goes on
  std::optional<std::int64_t> total = {};  // steps in all, if anybody knows
  bool quiet = false;                      // shows nothing: not rank 0, or not wanted
  std::chrono::milliseconds elsewhere = std::chrono::minutes(1);  // between two plain lines
};

// How far training is, on stderr:
//
//   train  42 % ━━━━━━━━━━━━━━━━━━━━ 840/2,000 | 12.3 steps/s | 45,678 tokens/s | 1 min 34 s left |
//   loss 3.2140
//
// On a terminal it is redrawn at most ten times a second in one line, whose bar takes what room
// there is; elsewhere it is a plain line a minute. Costs a look at a clock a step. One thread at a
// time.
class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = Clock::time_point (*)();

  // `now` is the clock; tests have their own.
  explicit ProgressBar(ProgressBarOptions options, Now now = &Clock::now);

  // A step was taken, with so many tokens.
  void step(double tokens = 0.0);

  // What stands at the end: "loss 3.2140". Costs nothing until it is drawn.
  void set_note(std::string note) { note_ = std::move(note); }

  // What is done instead of steps: "validating", "saving"; empty: steps again. Drawn at once.
  void set_activity(std::string activity);

  // Takes it away. The next step brings it back.
  void clear() { line_.clear(); }

 private:
  // Where it stood at a time.
  struct Point {
    Clock::time_point time;
    std::int64_t done;
    double tokens;
  };

  void show();
  std::string live_line(const Point& from) const;
  std::string plain_line(const Point& from) const;
  std::string rates(const Point& from) const;
  std::string counts() const;
  std::string time_left(const Point& from) const;

  ProgressBarOptions options_;
  Now now_;
  StatusLine line_;
  std::int64_t done_;
  double tokens_ = 0.0;
  std::string note_;
  std::string activity_;
  std::deque<Point> points_;  // of the last half minute, which rates are taken of
};

// "━━━━━╸    " for a share between 0 and 1, in so many columns.
std::string drawn_bar(double share, std::size_t columns, bool color);

}  // namespace roux
