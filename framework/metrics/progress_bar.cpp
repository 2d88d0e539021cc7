#include "roux/metrics/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/terminal.h"
#include "roux/base/units.h"
#include "roux/metrics/metric_descriptor.h"

namespace roux {
namespace {

// Long enough to be steady, short enough to follow.
constexpr std::chrono::seconds kWindow{30};

constexpr std::size_t kShortestBar = 8;
constexpr std::size_t kLongestBar = 40;

double seconds_between(ProgressBar::Clock::time_point from, ProgressBar::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// "12.3", "0.25", "1,234".
std::string rate_text(double rate) {
  if (rate >= 100.0) return with_commas(rate);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), rate >= 10.0 ? "%.1f" : "%.2f", rate);
  return text.data();
}

}  // namespace

std::string drawn_bar(double share, std::size_t columns, bool color) {
  const auto halves = static_cast<std::size_t>(
      std::floor(std::clamp(share, 0.0, 1.0) * static_cast<double>(2 * columns)));
  const std::size_t full = halves / 2;
  const bool half = halves % 2 == 1;
  std::string done;
  for (std::size_t i = 0; i < full; ++i) done += "━";
  if (half) done += "╸";
  const std::size_t rest = columns - full - (half ? 1 : 0);
  if (!color) return done + std::string(rest, ' ');
  std::string to_do;
  for (std::size_t i = 0; i < rest; ++i) to_do += "━";
  return cat("\x1b[36m", done, "\x1b[0m\x1b[2m", to_do, "\x1b[0m");
}

ProgressBar::ProgressBar(ProgressBarOptions options, Now now)
    : options_(std::move(options)),
      now_(now),
      line_(options_.quiet, options_.elsewhere),
      done_(options_.done),
      points_{{now(), done_, 0.0}} {}

void ProgressBar::step(double tokens) {
  ++done_;
  tokens_ += tokens;
  if (line_.due()) show();
}

void ProgressBar::set_activity(std::string activity) {
  activity_ = std::move(activity);
  if (line_.is_live()) show();
}

void ProgressBar::show() {
  if (options_.quiet) return;
  const auto now = now_();
  points_.push_back({now, done_, tokens_});
  while (points_.size() > 2 && now - points_[1].time >= kWindow) points_.pop_front();
  const Point from = points_.front();
  line_.show(line_.is_live() ? live_line(from) : plain_line(from));
}

std::string ProgressBar::counts() const {
  const std::string done = with_commas(static_cast<double>(done_));
  return options_.total ? cat(done, '/', with_commas(static_cast<double>(*options_.total))) : done;
}

std::string ProgressBar::rates(const Point& from) const {
  const double time = seconds_between(from.time, points_.back().time);
  const auto steps = static_cast<double>(done_ - from.done);
  if (time <= 0.0 || steps <= 0.0) return "";
  std::string text = cat(" | ", rate_text(steps / time), " steps/s");
  if (tokens_ > from.tokens) {
    text += cat(" | ", with_commas((tokens_ - from.tokens) / time), " tokens/s");
  }
  return text;
}

std::string ProgressBar::time_left(const Point& from) const {
  const double time = seconds_between(from.time, points_.back().time);
  const auto steps = static_cast<double>(done_ - from.done);
  if (!options_.total || done_ >= *options_.total || time <= 0.0 || steps <= 0.0) return "";
  const double left = static_cast<double>(*options_.total - done_) / steps * time;
  constexpr double kLongest = 1e9;  // seconds: 30 years
  if (left > kLongest) return "";
  return cat(" | ", approximate_duration(std::chrono::seconds(std::llround(left))), " left");
}

std::string ProgressBar::live_line(const Point& from) const {
  std::string begin = options_.label;
  double share = 0.0;
  if (options_.total && *options_.total > 0) {
    share = static_cast<double>(done_) / static_cast<double>(*options_.total);
    std::array<char, 16> percent{};
    std::snprintf(percent.data(), percent.size(), " %3.0f %%", std::floor(share * 100.0));
    begin += percent.data();
  }
  // The most important first: what does not fit is cut off at the end.
  std::string end = cat(' ', counts());
  if (!activity_.empty()) {
    end += cat(" | ", activity_);
  } else {
    end += rates(from);
  }
  end += time_left(from);
  if (!note_.empty()) end += cat(" | ", note_);

  const std::size_t columns = terminal_size(STDERR_FILENO).columns;
  const std::size_t used = columns_of(begin) + columns_of(end) + 2;
  if (!options_.total || used + kShortestBar > columns) return begin + end;
  const std::size_t room = std::min(columns - used, kLongestBar);
  return cat(begin, ' ', drawn_bar(share, room, wants_color(STDERR_FILENO)), end);
}

std::string ProgressBar::plain_line(const Point& from) const {
  std::string text = cat(options_.label, ": step ", counts(), rates(from), time_left(from));
  if (!note_.empty()) text += cat(" | ", note_);
  return text;
}

}  // namespace roux
