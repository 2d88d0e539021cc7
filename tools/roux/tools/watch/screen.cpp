#include "screen.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "canvas.h"
#include "roux/base/error.h"
#include "roux/base/terminal.h"
#include "roux/base/units.h"
#include "roux/base/visible.h"
#include "roux/metrics/metric_descriptor.h"

namespace roux::tool {
namespace {

// Colours of a terminal: blue, yellow, green, magenta, cyan, red.
constexpr std::array<int, 6> kColors{4, 3, 2, 5, 6, 1};

struct Curve {
  std::string category;
  const RecordedSeries* series;
  int color;
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(high >= low); }

  // Where a value lies between 0 and 1.
  double share(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

std::string paint(std::string_view text, std::string_view code, bool colored) {
  return colored ? cat("\x1b[", code, "m", text, "\x1b[0m") : std::string(text);
}

std::string padded(std::string text, std::size_t columns, bool right = false) {
  const std::size_t used = columns_of(text);
  if (used >= columns) return text;
  const std::string space(columns - used, ' ');
  return right ? space + text : text + space;
}

// "1.2 M" beside an axis.
std::string axis_number(const MetricDescriptor& about, double value) {
  MetricDescriptor bare = about;
  bare.unit.clear();
  return format_metric(bare, value);
}

class Screen {
 public:
  Screen(const RecordedRun& run, const ScreenOptions& options) : run_(run), options_(options) {}

  std::vector<std::string> draw() {
    add_head();
    const std::string metric = chosen_metric();
    const auto others = other_metrics(metric);
    if (metric.empty()) {
      lines_.push_back("nothing was recorded yet");
    } else {
      constexpr std::size_t kLeast = 6;  // of the picture
      // Its axis with the steps, a line for each of its curves, and an empty one.
      const std::size_t frame =
          3 + static_cast<std::size_t>(
                  std::count_if(run_.categories().begin(), run_.categories().end(),
                                [&](const auto& each) { return each.second.contains(metric); }));
      constexpr std::size_t kMost = 24;
      const std::size_t used = lines_.size() + frame;
      const std::size_t room = options_.lines > used ? options_.lines - used : kLeast;
      const std::size_t for_others = std::min(others.size(), room > kLeast ? room - kLeast : 0);
      add_picture(metric, std::clamp(room - for_others, kLeast, kMost));
      lines_.push_back("");
      for (const auto& other : others) add_small(other);
    }
    if (lines_.size() > options_.lines) lines_.resize(options_.lines);
    for (auto& line : lines_) line = cut_to_columns(line, options_.columns);
    return std::move(lines_);
  }

 private:
  void add_head() {
    std::int64_t step = 0;
    double time = 0.0;
    for (const auto& [category, metrics] : run_.categories()) {
      for (const auto& [name, series] : metrics) {
        step = std::max(step, series.last().step);
        time = std::max(time, series.last().time);
      }
    }
    std::string head = paint(visible(run_.folder().string()), "1", options_.colored);
    if (step > 0) head += cat("  step ", with_commas(static_cast<double>(step)));
    if (const auto* epoch = run_.find("train", "data_epoch")) {
      head += cat(", epoch ", with_commas(epoch->last().value));
    }
    constexpr double kLongest = 1e9;
    const double ago = options_.now - time;
    if (time > 0.0 && ago >= 0.0 && ago < kLongest) {
      const auto seconds = std::chrono::seconds(std::llround(ago));
      const std::string when =
          seconds.count() < 2 ? "just now" : cat(approximate_duration(seconds), " ago");
      head += paint(cat("  reported ", when), "2", options_.colored);
    }
    lines_.push_back(head);
  }

  // What was asked for, or the first loss there is, or else the first metric.
  std::string chosen_metric() const {
    std::vector<MetricValue> names;
    for (const auto& [category, metrics] : run_.categories()) {
      for (const auto& [name, ignored] : metrics) names.push_back({name, 0.0});
    }
    if (!options_.metric.empty()) return options_.metric;
    const auto sorted = descriptors_.sorted(names);
    return sorted.empty() ? "" : sorted.front().name;
  }

  // The brief ones of training, but for the chosen one.
  std::vector<std::string> other_metrics(const std::string& chosen) const {
    std::vector<MetricValue> names;
    for (const auto& [category, metrics] : run_.categories()) {
      if (category != "train") continue;
      for (const auto& [name, ignored] : metrics) names.push_back({name, 0.0});
    }
    std::vector<std::string> others;
    for (const auto& each : descriptors_.sorted(names)) {
      if (each.name != chosen && descriptors_.of(each.name).brief) others.push_back(each.name);
    }
    return others;
  }

  void add_picture(const std::string& metric, std::size_t height) {
    std::vector<Curve> curves;
    Range x;
    Range y;
    bool all_positive = true;
    for (const auto& [category, metrics] : run_.categories()) {
      const auto found = metrics.find(metric);
      if (found == metrics.end()) continue;
      curves.push_back({category, &found->second, kColors[curves.size() % kColors.size()]});
      for (const auto& point : found->second.points()) {
        x.take(static_cast<double>(point.step));
        y.take(point.value);
        all_positive = all_positive && !(point.value <= 0.0);
      }
    }
    const MetricDescriptor about = descriptors_.of(metric);
    if (curves.empty() || y.empty()) {
      lines_.push_back(cat("no numbers of ", metric, " yet"));
      return;
    }
    const bool log = options_.log_scale && all_positive;
    const auto scaled = [log](double value) { return log ? std::log(value) : value; };
    Range drawn;
    drawn.take(scaled(y.low));
    drawn.take(scaled(y.high));

    // Numbers at the top, in the middle and at the foot.
    const auto unscaled = [log](double value) { return log ? std::exp(value) : value; };
    const std::array<std::string, 3> marks{
        axis_number(about, y.high), axis_number(about, unscaled((drawn.low + drawn.high) / 2.0)),
        axis_number(about, y.low)};
    std::size_t margin = 0;
    for (const auto& mark : marks) margin = std::max(margin, columns_of(mark));

    const std::size_t columns = options_.columns > margin + 12 ? options_.columns - margin - 3 : 10;
    Canvas canvas(columns, height);
    for (const auto& curve : curves) draw_curve(canvas, curve, x, drawn, scaled);
    for (std::size_t line = 0; line < height; ++line) {
      const std::string mark = line == 0            ? marks[0]
                               : line == height - 1 ? marks[2]
                               : line == height / 2 ? marks[1]
                                                    : "";
      lines_.push_back(cat(padded(mark, margin, true), mark.empty() ? " │" : " ┤",
                           canvas.text(line, options_.colored)));
    }
    std::string axis = " └";
    for (std::size_t i = 0; i < columns; ++i) axis += "─";
    lines_.push_back(std::string(margin, ' ') + axis);
    const std::string from = with_commas(x.low);
    lines_.push_back(cat(std::string(margin + 2, ' '),
                         padded(from, columns - with_commas(x.high).size()), with_commas(x.high)));
    add_legend(curves, about, margin);
  }

  template <typename F>
  void draw_curve(Canvas& canvas, const Curve& curve, const Range& x, const Range& y,
                  const F& scaled) const {
    std::optional<std::pair<std::int64_t, std::int64_t>> before;
    for (const auto& point : curve.series->points()) {
      if (!std::isfinite(point.value)) {
        before.reset();
        continue;
      }
      const auto column = std::llround(x.share(static_cast<double>(point.step)) *
                                       static_cast<double>(canvas.width() - 1));
      const auto row = std::llround((1.0 - y.share(scaled(point.value))) *
                                    static_cast<double>(canvas.height() - 1));
      const auto from = before.value_or(std::pair<std::int64_t, std::int64_t>(column, row));
      canvas.line(from.first, from.second, column, row, curve.color);
      before.emplace(column, row);
    }
  }

  void add_legend(const std::vector<Curve>& curves, const MetricDescriptor& about,
                  std::size_t margin) {
    for (const auto& curve : curves) {
      std::string line = std::string(margin + 2, ' ') +
                         paint("━━", std::to_string(30 + curve.color), options_.colored) +
                         cat(' ', visible(about.display_name), ", ", visible(curve.category), "  ",
                             format_metric(about, curve.series->last().value));
      const double best =
          about.higher_is_better ? curve.series->largest() : curve.series->smallest();
      const std::int64_t step = about.higher_is_better ? curve.series->step_of_largest()
                                                       : curve.series->step_of_smallest();
      line += paint(cat("  best ", axis_number(about, best), " at step ",
                        with_commas(static_cast<double>(step))),
                    "2", options_.colored);
      lines_.push_back(line);
    }
  }

  // "Learning rate   0.0003  ▁▂▄▆███▇▆▅▄▃▂▁".
  void add_small(const std::string& metric) {
    const RecordedSeries& series = *run_.find("train", metric);
    const MetricDescriptor about = descriptors_.of(metric);
    constexpr std::size_t kName = 26;
    constexpr std::size_t kValue = 18;
    std::string line = padded(cut_to_columns(visible(about.display_name), kName), kName) + ' ' +
                       padded(format_metric(about, series.last().value), kValue, true) + "  ";
    if (options_.columns > kName + kValue + 12) {
      line +=
          paint(sparkline(series, options_.columns - kName - kValue - 4), "36", options_.colored);
    }
    lines_.push_back(line);
  }

  // The mean of each column's values, in eighths of a character.
  static std::string sparkline(const RecordedSeries& series, std::size_t columns) {
    static constexpr std::array<std::string_view, 8> kEighths{"▁", "▂", "▃", "▄",
                                                              "▅", "▆", "▇", "█"};
    const auto& points = series.points();
    columns = std::min(columns, points.size());
    std::vector<double> means;
    Range range;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t from = i * points.size() / columns;
      const std::size_t to = std::max(from + 1, (i + 1) * points.size() / columns);
      double sum = 0.0;
      for (std::size_t j = from; j < to; ++j) sum += points[j].value;
      means.push_back(sum / static_cast<double>(to - from));
      range.take(means.back());
    }
    std::string text;
    for (const double mean : means) {
      if (!std::isfinite(mean)) {
        text += "×";
        continue;
      }
      text += kEighths[static_cast<std::size_t>(std::min(7.0, range.share(mean) * 8.0))];
    }
    return text;
  }

  const RecordedRun& run_;
  const ScreenOptions& options_;
  MetricDescriptors descriptors_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> draw(const RecordedRun& run, const ScreenOptions& options) {
  return Screen(run, options).draw();
}

}  // namespace roux::tool
