#include "roux/metrics/recorded_run.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <system_error>

#include "metrics/record_file.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/secrets.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".jsonl";
constexpr std::string_view kTexts = "texts";

// Enough for any screen, and a few megabytes for all metrics together.
constexpr std::size_t kMostPoints = 8192;

// Of each four points the smallest and the largest, in their order.
void thin(std::vector<RecordedSeries::Point>& points) {
  const auto less = [](const RecordedSeries::Point& a, const RecordedSeries::Point& b) {
    return a.value < b.value || (std::isnan(a.value) && !std::isnan(b.value));
  };
  std::vector<RecordedSeries::Point> kept;
  for (auto from = points.begin(); from != points.end();) {
    const auto to = points.end() - from > 4 ? from + 4 : points.end();
    auto [low, high] = std::minmax_element(from, to, less);
    if (high < low) std::swap(low, high);
    kept.push_back(*low);
    if (high != low) kept.push_back(*high);
    from = to;
  }
  points = std::move(kept);
}

std::optional<double> number_of(const simdjson::dom::element& element) {
  double number = 0.0;
  if (element.get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
  if (text == "NaN") return std::nan("");
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

// The bytes of a file from `from` on up to its last line end; nothing if it is gone.
std::string whole_lines(const fs::path& path, std::uint64_t from) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(from));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto end = text.rfind('\n');
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

}  // namespace

void RecordedSeries::add(const Point& point) {
  ++count_;
  if (std::isfinite(point.value)) {
    sum_ += point.value;
    if (num_finite_ == 0 || point.value < smallest_.value) smallest_ = point;
    if (num_finite_ == 0 || point.value > largest_.value) largest_ = point;
    ++num_finite_;
  }
  if (points_.size() == kMostPoints) thin(points_);
  points_.push_back(point);
}

std::vector<RecordedSeries::Point> RecordedSeries::points(std::size_t most) const {
  std::vector<Point> points = points_;
  while (points.size() > most && points.size() > 4) {
    thin(points);
  }
  if (!points_.empty() && points.back().step != points_.back().step) {
    points.push_back(points_.back());
  }
  return points;
}

// Keeps simdjson out of the header.
struct RecordedRun::Parser {
  simdjson::dom::parser json;
};

RecordedRun::~RecordedRun() = default;
RecordedRun::RecordedRun(RecordedRun&&) noexcept = default;

RecordedRun::RecordedRun(fs::path folder)
    : folder_(std::move(folder)), parser_(std::make_unique<Parser>()) {
  std::error_code ignored;
  if (!fs::is_directory(folder_, ignored)) {
    throw ConfigError(cat(folder_.string(), " must be the output folder of a run, but is ",
                          fs::exists(folder_, ignored) ? "a file" : "not there"));
  }
  if (!fs::exists(folder_ / "config.toml", ignored) && !fs::exists(folder_ / "metrics", ignored)) {
    throw ConfigError(cat(folder_.string(),
                          " must be the output folder of a run, but has neither a config.toml nor "
                          "a folder named metrics"));
  }
  refresh();
}

bool RecordedRun::refresh() {
  const fs::path metrics = folder_ / "metrics";
  for (const auto& path : files_below(metrics, kExtension)) {
    const auto known = std::find_if(files_.begin(), files_.end(),
                                    [&](const File& each) { return each.path == path; });
    if (known != files_.end()) continue;
    std::string name = path.lexically_relative(metrics).generic_string();
    name.resize(name.size() - kExtension.size());
    files_.push_back({.path = path, .category = name == kTexts ? "" : name});
  }
  bool changed = false;
  for (File& file : files_) changed = read_on(file) || changed;
  return changed;
}

bool RecordedRun::read_on(File& file) {
  std::error_code error;
  const auto size = fs::file_size(file.path, error);
  if (error || size == file.offset) return false;
  // Its last line is read once more: if it is another one, or none, the run went on at an earlier
  // step and cut its file, which is read from the start again.
  std::string lines = whole_lines(file.path, file.offset - file.last_line.size());
  const bool goes_on = lines.starts_with(file.last_line);
  if (goes_on) {
    lines.erase(0, file.last_line.size());
  } else {
    forget(file);
    lines = whole_lines(file.path, 0);
  }
  if (lines.empty()) return !goes_on;
  std::string_view rest = lines;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    read_line(file, rest.substr(0, end));
    file.last_line = rest.substr(0, end + 1);
    file.offset += end + 1;
    rest.remove_prefix(end + 1);
  }
  return true;
}

void RecordedRun::read_line(File& file, std::string_view line) {
  const auto damaged = [&](std::string_view what) {
    return DataError(cat(file.path.string(), ", byte ", file.offset, ": ", what));
  };
  simdjson::dom::object object;
  if (parser_->json.parse(simdjson::padded_string(line)).get(object) != simdjson::SUCCESS) {
    throw damaged("a record must be a JSON object on a line of its own, but is none");
  }
  std::int64_t step = 0;
  if (object["step"].get(step) != simdjson::SUCCESS) throw damaged("a record must have a step");
  double time = 0.0;
  if (object["time"].get(time) != simdjson::SUCCESS) time = 0.0;

  if (file.category.empty()) {
    std::string_view name;
    std::string_view text;
    if (object["name"].get(name) || object["text"].get(text)) {
      throw damaged("a text must have a name and a text");
    }
    if (name != "config") texts_.push_back({std::string(name), step, time, std::string(text)});
    return;
  }
  Category& into = category(file.category);
  for (const auto& [name, element] : object) {
    if (name == "step" || name == "time") continue;
    const auto value = number_of(element);
    if (value) into[std::string(name)].add({step, time, *value});
  }
}

void RecordedRun::forget(File& file) {
  if (file.category.empty()) {
    texts_.clear();
  } else {
    category(file.category).clear();
  }
  file.offset = 0;
  file.last_line.clear();
}

RecordedRun::Category& RecordedRun::category(const std::string& name) {
  const auto same = [&](const auto& each) { return each.first == name; };
  auto found = std::find_if(categories_.begin(), categories_.end(), same);
  if (found == categories_.end()) {
    categories_.emplace_back(name, Category());
    std::sort(categories_.begin(), categories_.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first != "train", a.first) < std::pair(b.first != "train", b.first);
    });
    found = std::find_if(categories_.begin(), categories_.end(), same);
  }
  return found->second;
}

const RecordedSeries* RecordedRun::find(std::string_view category, std::string_view metric) const {
  for (const auto& [name, metrics] : categories_) {
    if (name != category) continue;
    const auto found = metrics.find(metric);
    return found == metrics.end() ? nullptr : &found->second;
  }
  return nullptr;
}

std::string RecordedRun::config() const {
  const fs::path path = folder_ / "config.toml";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return "";
  std::vector<std::string> lines = split(read_file(path), '\n');
  for (auto& line : lines) {
    const auto equals = line.find(" = ");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals);
    const std::string value = line.substr(equals + 3);
    line = cat(key, " = ", shown_value(key, value));
  }
  return join(lines, "\n");
}

// "2026-11-21 12:00:00.000 [info] cpu: …", between the title of the log and the config.
std::vector<Fact> RecordedRun::facts() const {
  std::vector<Fact> head;   // of the lines since a title
  std::vector<Fact> facts;  // of the newest head that is complete
  std::ifstream log(folder_ / "logs" / "rank_0.log");
  constexpr std::string_view kInfo = " [info] ";
  for (std::string line; std::getline(log, line);) {
    const auto level = line.find(kInfo);
    if (level == std::string::npos) continue;
    const std::string_view message = std::string_view(line).substr(level + kInfo.size());
    const auto colon = message.find(": ");
    if (message == "config:") {
      if (!head.empty()) facts = std::move(head);
      head.clear();
    } else if (colon == std::string_view::npos) {
      head.clear();
      head.push_back({"program", std::string(message)});
    } else if (!head.empty()) {
      head.push_back(
          {std::string(message.substr(0, colon)), std::string(message.substr(colon + 2))});
    }
  }
  return facts;
}

}  // namespace roux
