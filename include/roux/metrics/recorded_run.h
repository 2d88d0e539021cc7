#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/base/environment.h"
#include "roux/metrics/metric_recorder.h"

namespace roux {

// The values of one metric in one category, step by step, in bounded memory: of a long run's four
// neighbours only the smallest and the largest are kept, and again when that was not enough. What
// is told of all of them stays exact.
class RecordedSeries {
 public:
  struct Point {
    std::int64_t step;
    double time;  // seconds since 1970
    double value;
  };

  void add(const Point& point);

  // In the order of their steps; the newest is always there.
  const std::vector<Point>& points() const { return points_; }

  // No more than about `most` of them, thinned in the same way.
  std::vector<Point> points(std::size_t most) const;

  std::size_t count() const { return count_; }
  const Point& last() const { return points_.back(); }

  // Of all finite values; 0 and no step if there were none.
  double sum() const { return sum_; }
  double smallest() const { return smallest_.value; }
  double largest() const { return largest_.value; }
  std::int64_t step_of_smallest() const { return smallest_.step; }
  std::int64_t step_of_largest() const { return largest_.step; }

 private:
  std::vector<Point> points_;
  std::size_t count_ = 0;
  std::size_t num_finite_ = 0;
  double sum_ = 0.0;
  Point smallest_{};
  Point largest_{};
};

// What a run has recorded in its output folder, while it goes on or later: reads the lines of
// metrics/….jsonl. One thread at a time.
class RecordedRun {
 public:
  // Throws ConfigError if the folder is not there, or holds nothing of a run.
  explicit RecordedRun(std::filesystem::path folder);
  RecordedRun(RecordedRun&&) noexcept;
  ~RecordedRun();

  // Reads what has come since. False if nothing has. Throws DataError for a damaged line in the
  // middle of a file, and Error.
  bool refresh();

  const std::filesystem::path& folder() const { return folder_; }

  // The categories, "train" first, and what was recorded of each.
  using Category = std::map<std::string, RecordedSeries, std::less<>>;
  const std::vector<std::pair<std::string, Category>>& categories() const { return categories_; }

  // Null if nothing of that name was recorded.
  const RecordedSeries* find(std::string_view category, std::string_view metric) const;

  // Samples and the like, in the order of their steps; the config is not among them.
  const std::vector<TextRecord>& texts() const { return texts_; }

  // The config in TOML without its secrets; empty if there is none.
  std::string config() const;

  // What the log's head says of the program and the machine, as the run began last.
  std::vector<Fact> facts() const;

 private:
  struct Parser;
  struct File {
    std::filesystem::path path;
    std::string category;  // empty: texts
    std::uint64_t offset = 0;
    std::string last_line = {};  // that was read, its end included
  };

  bool read_on(File& file);
  void read_line(File& file, std::string_view line);
  void forget(File& file);
  Category& category(const std::string& name);

  std::filesystem::path folder_;
  std::vector<File> files_;
  std::vector<std::pair<std::string, Category>> categories_;
  std::vector<TextRecord> texts_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace roux
