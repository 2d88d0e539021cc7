#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "metrics/record_file.h"
#include "metrics/tensorboard_events.h"
#include "roux/base/error.h"
#include "roux/metrics/recorders.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
namespace tb = tensorboard;

constexpr std::string_view kNameBegin = "events.out.tfevents.";
constexpr std::string_view kTexts = "train";  // the run that texts belong to

double now() {
  const std::chrono::duration<double> time = std::chrono::system_clock::now().time_since_epoch();
  return time.count();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

// The second in the name of an event file, or 0.
std::int64_t second_of(const fs::path& file) {
  const std::string name = file.filename().string();
  std::int64_t second = 0;
  if (name.starts_with(kNameBegin)) {
    std::from_chars(name.data() + kNameBegin.size(), name.data() + name.size(), second);
  }
  return second;
}

// A new file for a run of TensorBoard's. It reads files of a folder in the order of their names, so
// the second in this one's is later than in all that are there.
fs::path next_file(const fs::path& folder) {
  auto second = static_cast<std::int64_t>(now());
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    second = std::max(second, second_of(entry->path()) + 1);
  }
  return folder / cat(kNameBegin, second, '.', host_name(), '.', ::getpid());
}

// A file begins with its version and with the start of a session at the step after which this run
// goes on. What was said of later steps is cut off of earlier files; a TensorBoard that has read it
// already forgets it by that start.
class TensorBoardRecorder final : public MetricRecorder {
 public:
  explicit TensorBoardRecorder(fs::path folder) : folder_(std::move(folder)) {}

  std::string name() const override { return "TensorBoard"; }

  void begin(std::int64_t step) override {
    files_.clear();
    next_step_ = step > 0 ? step + 1 : 0;
    std::set<fs::path> runs;
    for (const auto& file : files_below(folder_, "")) {
      if (second_of(file) == 0) continue;
      runs.insert(file.parent_path());
      const bool any = tb::cut_events(file, step > 0 ? std::optional(step) : std::nullopt);
      if (!any) fs::remove(file);
    }
    for (const auto& run : runs) open(run);
  }

  void record(const MetricRecord& record) override {
    std::vector<MetricValue> values = record.values;
    const auto is_epoch = [](const MetricValue& each) { return each.name == "data_epoch"; };
    if (record.data_epoch && std::none_of(values.begin(), values.end(), is_epoch)) {
      values.push_back({"data_epoch", static_cast<double>(*record.data_epoch)});
    }
    append(record.category, tb::scalars_event(record.wall_time, record.step, values));
  }

  void record_text(const TextRecord& record) override {
    // As it stands, not as Markdown: line ends and "*" mean what they are.
    std::string block = "    ";
    for (const char c : record.text) {
      block += c;
      if (c == '\n') block += "    ";
    }
    append(kTexts, tb::text_event(record.wall_time, record.step, record.name, block));
  }

  void flush() override {
    for (auto& [ignored, file] : files_) file.sync();
  }

 private:
  void append(std::string_view category, std::string_view event) {
    const fs::path run = file_of_category(folder_, category, "");
    auto found = files_.find(run);
    if (found == files_.end()) found = open(run);
    found->second.append(tb::tf_record(event));
  }

  std::map<fs::path, LineFile>::iterator open(const fs::path& run) {
    const auto opened = files_.emplace(run, next_file(run)).first;
    const double time = now();
    opened->second.append(tb::tf_record(tb::file_version_event(time)) +
                          tb::tf_record(tb::session_start_event(time, next_step_)));
    return opened;
  }

  fs::path folder_;
  std::int64_t next_step_ = 0;
  std::map<fs::path, LineFile> files_;
};

}  // namespace

std::unique_ptr<MetricRecorder> make_tensorboard_recorder(const fs::path& folder) {
  return std::make_unique<TensorBoardRecorder>(folder);
}

}  // namespace roux
