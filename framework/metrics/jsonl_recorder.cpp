#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/record_file.h"
#include "metrics/record_format.h"
#include "roux/metrics/recorders.h"

namespace roux {
namespace {

constexpr std::string_view kExtension = ".jsonl";

class JsonlRecorder final : public MetricRecorder {
 public:
  explicit JsonlRecorder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::string name() const override { return "JSONL"; }

  void begin(std::int64_t step) override {
    files_.clear();
    for (const auto& file : files_below(folder_, kExtension)) {
      cut_lines(file, step > 0 ? std::optional(step) : std::nullopt, 0, step_of_json_line);
    }
  }

  void record(const MetricRecord& record) override {
    file(record.category).append(json_line(record));
  }

  void record_text(const TextRecord& record) override { file("texts").append(json_line(record)); }

  void flush() override {
    for (auto& [ignored, file] : files_) file.sync();
  }

 private:
  LineFile& file(const std::string& category) {
    auto found = files_.find(category);
    if (found == files_.end()) {
      found = files_.emplace(category, file_of_category(folder_, category, kExtension)).first;
    }
    return found->second;
  }

  std::filesystem::path folder_;
  std::map<std::string, LineFile> files_;
};

}  // namespace

std::unique_ptr<MetricRecorder> make_jsonl_recorder(const std::filesystem::path& folder) {
  return std::make_unique<JsonlRecorder>(folder);
}

}  // namespace roux
