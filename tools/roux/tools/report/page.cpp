#include "page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/version.h"
#include "roux/metrics/metric_descriptor.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A curve has no more points than a wide screen has columns.
constexpr std::size_t kMostPoints = 1200;

// Six digits, which is more than any screen can show, and null for what is no number.
Json short_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6);
  double rounded = value;
  std::from_chars(text.data(), end.ptr, rounded);
  if (rounded == std::floor(rounded) && std::abs(rounded) < 1e15) {
    return static_cast<std::int64_t>(rounded);
  }
  return rounded;
}

std::string_view format_name(MetricFormat format) {
  switch (format) {
    case MetricFormat::Number:
    case MetricFormat::LearningRate:
      return "number";
    case MetricFormat::Count:
      return "count";
    case MetricFormat::Percent:
      return "percent";
    case MetricFormat::Seconds:
      return "seconds";
    case MetricFormat::Bytes:
      return "bytes";
  }
  return "number";
}

double first_time(const RecordedRun& run) {
  double first = 0.0;
  for (const auto& [category, metrics] : run.categories()) {
    for (const auto& [name, series] : metrics) {
      const double time = series.points().front().time;
      if (first == 0.0 || time < first) first = time;
    }
  }
  return first;
}

Json curve(const RecordedSeries& series, double begin) {
  Json steps = Json::array();
  Json times = Json::array();
  Json values = Json::array();
  for (const auto& point : series.points(kMostPoints)) {
    steps.push_back(point.step);
    times.push_back(short_number(std::max(0.0, point.time - begin)));
    values.push_back(short_number(point.value));
  }
  return {{"s", std::move(steps)}, {"t", std::move(times)}, {"v", std::move(values)}};
}

// What stands on top: [what, value, remark].
class Summary {
 public:
  Summary(const RecordedRun& run, const MetricDescriptors& descriptors)
      : run_(run), descriptors_(descriptors) {
    add_steps();
    add_losses();
    add_rest();
  }

  Json take() { return std::move(facts_); }

 private:
  void add(std::string_view what, std::string value, std::string remark = "") {
    facts_.push_back({what, std::move(value), std::move(remark)});
  }

  std::string shown(std::string_view metric, double value) const {
    return format_metric(descriptors_.of(metric), value);
  }

  static std::string at_step(std::int64_t step) {
    return cat("step ", with_commas(static_cast<double>(step)));
  }

  void add_steps() {
    std::int64_t last = 0;
    for (const auto& [category, metrics] : run_.categories()) {
      for (const auto& [name, series] : metrics) last = std::max(last, series.last().step);
    }
    add("Steps", with_commas(static_cast<double>(last)));
  }

  void add_losses() {
    for (const auto& [category, metrics] : run_.categories()) {
      for (const std::string_view name : {"loss", "nll_loss"}) {
        const auto found = metrics.find(name);
        if (found == metrics.end()) continue;
        const RecordedSeries& loss = found->second;
        if (category == "train") {
          add("Training loss", shown(name, loss.last().value),
              cat("lowest ", shown(name, loss.smallest()), " at ",
                  at_step(loss.step_of_smallest())));
        } else {
          add(cat("Best loss, ", category), shown(name, loss.smallest()),
              cat("at ", at_step(loss.step_of_smallest()), ", last ",
                  shown(name, loss.last().value)));
        }
        break;
      }
    }
  }

  void add_rest() {
    for (const std::string_view name : {"total_num_tokens", "total_num_elements"}) {
      const RecordedSeries* seen = run_.find("train", name);
      if (!seen) continue;
      add(name == "total_num_tokens" ? "Tokens" : "Elements", shown(name, seen->last().value));
      break;
    }
    for (const std::string_view name : {"tokens_per_second", "elements_per_second", "mfu"}) {
      const RecordedSeries* rate = run_.find("train", name);
      if (!rate) continue;
      MetricDescriptor about = descriptors_.of(name);
      about.unit.clear();
      add(name == "mfu" ? "FLOPs utilisation" : about.display_name,
          format_metric(about, rate->sum() / static_cast<double>(rate->count())),
          cat("on average, at most ", format_metric(about, rate->largest())));
    }
    for (const std::string_view name : {"total_time", "wall_time"}) {
      const RecordedSeries* time = run_.find("train", name);
      if (!time) continue;
      add("Time", shown(name, time->last().value),
          name == "wall_time" ? "since the last start" : "");
      break;
    }
    const RecordedSeries* skipped = run_.find("train", "total_skipped_steps");
    if (skipped && skipped->last().value > 0.0) {
      add("Skipped steps", shown("skipped_steps", skipped->last().value));
    }
  }

  const RecordedRun& run_;
  const MetricDescriptors& descriptors_;
  Json facts_ = Json::array();
};

// Of each phase: what it is called, and its seconds in all.
Json phase_times(const RecordedRun& run) {
  Json times = Json::array();
  for (const auto& [metric, name] : {std::pair("data_time", "waiting for data"),
                                     {"forward_time", "forward"},
                                     {"backward_time", "backward"},
                                     {"optimizer_time", "optimizer"},
                                     {"validation_time", "validation"},
                                     {"checkpoint_time", "checkpoints"},
                                     {"other_time", "the rest"}}) {
    const RecordedSeries* series = run.find("train", metric);
    if (series) times.push_back({name, short_number(series->sum())});
  }
  return times;
}

Json about_run(const RecordedRun& run, const std::string& name, const MetricDescriptors& metrics) {
  Json categories = Json::array();
  const double begin = first_time(run);
  for (const auto& [category, series] : run.categories()) {
    if (series.empty()) continue;
    Json curves = Json::object();
    for (const auto& [metric, each] : series) curves[metric] = curve(each, begin);
    categories.push_back({{"name", category}, {"metrics", std::move(curves)}});
  }
  Json texts = Json::array();
  for (const auto& text : run.texts()) {
    texts.push_back({{"name", text.name}, {"step", text.step}, {"text", text.text}});
  }
  Json facts = Json::array();
  for (const auto& fact : run.facts()) facts.push_back({fact.name, fact.value});
  return {{"name", name},
          {"path", run.folder().string()},
          {"summary", Summary(run, metrics).take()},
          {"times", phase_times(run)},
          {"categories", std::move(categories)},
          {"texts", std::move(texts)},
          {"facts", std::move(facts)},
          {"config", run.config()}};
}

Json about_metrics(const std::vector<RecordedRun>& runs, const MetricDescriptors& descriptors) {
  std::vector<MetricValue> names;
  std::set<std::string> seen;
  for (const auto& run : runs) {
    for (const auto& [category, metrics] : run.categories()) {
      for (const auto& [name, ignored] : metrics) {
        if (seen.insert(name).second) names.push_back({name, 0.0});
      }
    }
  }
  Json about = Json::object();
  for (const auto& each : descriptors.sorted(names)) {
    const MetricDescriptor known = descriptors.of(each.name);
    const std::string whole = descriptors.whole_of(each.name);
    about[each.name] = {{"title", known.display_name},
                        {"group", known.group},
                        {"format", format_name(known.format)},
                        {"unit", known.unit}};
    if (whole == each.name) continue;
    about[each.name]["whole"] = whole;
    about[each.name]["whole_title"] = descriptors.of(whole).display_name;
  }
  return about;
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// JSON that no HTML parser can take for the end of the script it stands in.
std::string within_script(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> short_names(const std::vector<RecordedRun>& runs) {
  std::vector<std::vector<std::string>> parts;
  for (const auto& run : runs) {
    auto path = fs::absolute(run.folder()).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    parts.emplace_back();
    for (const auto& part : path) parts.back().push_back(part.string());
  }
  std::vector<std::string> names;
  for (std::size_t length = 1;; ++length) {
    names.clear();
    bool whole = true;
    for (const auto& path : parts) {
      const std::size_t used = std::min(length, path.size());
      whole = whole && used == path.size();
      fs::path name;
      for (std::size_t i = path.size() - used; i < path.size(); ++i) name /= path[i];
      names.push_back(name.string());
    }
    if (whole || std::set(names.begin(), names.end()).size() == names.size()) return names;
  }
}

std::string report_page(const std::vector<RecordedRun>& runs, std::string_view now) {
  const MetricDescriptors descriptors;
  const std::vector<std::string> names = short_names(runs);
  Json about = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    about.push_back(about_run(runs[i], names[i], descriptors));
  }
  const std::string title = runs.size() == 1 ? names[0] : cat(runs.size(), " runs");
  std::string subtitle;
  for (const auto& run : runs) {
    subtitle +=
        cat(subtitle.empty() ? "" : ", ", fs::absolute(run.folder()).lexically_normal().string());
  }
  const Json data = {{"title", title},
                     {"subtitle", subtitle},
                     {"footer", cat("Written by roux report ", version(), " on ", now, ".")},
                     {"metrics", about_metrics(runs, descriptors)},
                     {"runs", std::move(about)}};

  // In the order in which they stand in the page; what is put in is not looked at again.
  std::string page;
  std::string_view rest = kPage;
  for (const auto& [mark, text] :
       {std::pair<std::string_view, std::string>("@title@", escaped(title)),
        {"@data@", within_script(data)},
        {"@script@", std::string(kScript)}}) {
    const auto at = rest.find(mark);
    require(at != std::string_view::npos, "the page of roux report lacks a mark");
    page += rest.substr(0, at);
    page += text;
    rest.remove_prefix(at + mark.size());
  }
  page += rest;
  return page;
}

}  // namespace roux::tool
