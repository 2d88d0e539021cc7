#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/record_file.h"
#include "metrics/record_format.h"
#include "roux/base/atomic_file.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/metrics/recorders.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".csv";
constexpr std::string_view kFirstColumns = "step,time,data_epoch";
constexpr std::size_t kNumFirstColumns = 3;

// As RFC 4180 has it.
std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  return cells;
}

// As pandas, R and spreadsheets read them without being told.
std::string csv_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return exact_number(value);
}

std::optional<std::int64_t> step_of_row(std::string_view row) {
  std::int64_t step = 0;
  const auto end = std::from_chars(row.data(), row.data() + row.size(), step);
  if (end.ec != std::errc() || end.ptr == row.data() + row.size() || *end.ptr != ',') {
    return std::nullopt;
  }
  return step;
}

// Its first line, or nothing if it is torn or not ours.
std::optional<std::string> header_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!std::getline(file, line) || file.eof() || !line.starts_with(kFirstColumns)) {
    return std::nullopt;
  }
  return line;
}

// One file. Columns are those of the first report; others that turn up later are added, for which
// the file is written anew: that happens a few times in a run.
class Table {
 public:
  explicit Table(fs::path path) : path_(std::move(path)) {
    if (const auto header = header_of(path_)) {
      columns_ = cells_of(*header);
      columns_.erase(columns_.begin(), columns_.begin() + kNumFirstColumns);
      file_.emplace(path_);
    }
  }

  void append(const MetricRecord& record) {
    const std::size_t known = columns_.size();
    std::map<std::string_view, double> values;
    for (const auto& each : record.values) {
      if (is_reserved(each.name)) continue;
      values[each.name] = each.value;
      if (std::find(columns_.begin(), columns_.end(), each.name) == columns_.end()) {
        columns_.push_back(each.name);
      }
    }
    if (!file_ || columns_.size() > known) widen(columns_.size() - known);

    std::string row = cat(record.step, ',', exact_number(std::round(record.wall_time * 1e3) / 1e3),
                          ',', record.data_epoch ? std::to_string(*record.data_epoch) : "");
    for (const auto& column : columns_) {
      row += ',';
      if (const auto value = values.find(column); value != values.end()) {
        row += csv_number(value->second);
      }
    }
    file_->append(row + '\n');
  }

  void sync() {
    if (file_) file_->sync();
  }

 private:
  // The header as it is now, and the rows there are with `more` empty cells each.
  void widen(std::size_t more) {
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    if (error) {
      throw Error(cat("cannot make the folder ", path_.parent_path(), ": ", error.message()));
    }
    AtomicFile whole(path_);
    std::string text(kFirstColumns);
    for (const auto& column : columns_) text += cat(',', cell(column));
    text += '\n';
    if (file_) {
      constexpr std::size_t kPiece = 1 << 20;
      std::ifstream before(path_, std::ios::binary);
      std::string row;
      if (!std::getline(before, row)) throw Error(cat("cannot read ", path_));
      while (std::getline(before, row)) {
        text += row;
        text.append(more, ',');
        text += '\n';
        if (text.size() < kPiece) continue;
        whole.write(text);
        text.clear();
      }
      if (before.bad()) throw Error(cat("cannot read ", path_));
    }
    whole.write(text);
    whole.commit();
    file_.emplace(path_);
  }

  fs::path path_;
  std::vector<std::string> columns_;
  std::optional<LineFile> file_;  // none: there is no file yet
};

class CsvRecorder final : public MetricRecorder {
 public:
  explicit CsvRecorder(fs::path folder) : folder_(std::move(folder)) {}

  std::string name() const override { return "CSV"; }

  void begin(std::int64_t step) override {
    tables_.clear();
    for (const auto& file : files_below(folder_, kExtension)) {
      const auto header = header_of(file);
      if (step == 0 || !header) {
        if (!fs::remove(file)) throw Error(cat("cannot remove ", file));
      } else {
        cut_lines(file, step, header->size() + 1, step_of_row);
      }
    }
  }

  void record(const MetricRecord& record) override {
    auto found = tables_.find(record.category);
    if (found == tables_.end()) {
      const auto path = file_of_category(folder_, record.category, kExtension);
      found = tables_.emplace(record.category, path).first;
    }
    found->second.append(record);
  }

  void flush() override {
    for (auto& [ignored, table] : tables_) table.sync();
  }

 private:
  fs::path folder_;
  std::map<std::string, Table> tables_;
};

}  // namespace

std::unique_ptr<MetricRecorder> make_csv_recorder(const fs::path& folder) {
  return std::make_unique<CsvRecorder>(folder);
}

}  // namespace roux
