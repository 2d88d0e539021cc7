#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/metrics/recorders.h"

namespace roux {
namespace {

// What stands between two numbers, and how wide a line may become before the next one begins.
constexpr std::string_view kSeparator = " | ";
constexpr std::size_t kWidth = 110;

class LogRecorder final : public MetricRecorder {
 public:
  LogRecorder(const MetricDescriptors& descriptors, LogRecorderOptions options)
      : descriptors_(descriptors), options_(options) {}

  std::string name() const override { return "log"; }

  void record(const MetricRecord& record) override {
    if (!log_enabled(LogLevel::Info)) return;
    std::vector<std::string> parts{head(record)};
    if (record.data_epoch) parts.push_back(cat("epoch ", *record.data_epoch));
    for (const auto& each : descriptors_.sorted(record.values)) {
      const MetricDescriptor about = descriptors_.of(each.name);
      if (about.brief || options_.all) parts.push_back(shown(about, each.value));
    }
    log_info(lines_of(parts));
  }

  void record_text(const TextRecord& record) override {
    if (record.name == "config") return;  // the head of the log has it
    log_info(record.name, ", step ", with_commas(static_cast<double>(record.step)), ":\n",
             record.text);
  }

 private:
  std::string head(const MetricRecord& record) const {
    std::string text = record.category == "train" ? "" : cat(record.category, ", ");
    text += cat("step ", with_commas(static_cast<double>(record.step)));
    if (options_.num_steps && *options_.num_steps > 0) {
      text += cat('/', with_commas(static_cast<double>(*options_.num_steps)), " (",
                  100 * record.step / *options_.num_steps, " %)");
    }
    return text;
  }

  // A number whose unit says what it is stands alone.
  static std::string shown(const MetricDescriptor& about, double value) {
    const std::string number = format_metric(about, value);
    if (!about.label.empty()) return cat(about.label, ' ', number);
    if (about.brief && !about.unit.empty()) return number;
    return cat(about.display_name, ' ', number);
  }

  static std::string lines_of(const std::vector<std::string>& parts) {
    std::string text;
    std::size_t width = 0;
    for (const std::string& part : parts) {
      if (text.empty()) {
        text = part;
      } else if (width + kSeparator.size() + part.size() > kWidth) {
        text += cat('\n', part);
        width = part.size();
        continue;
      } else {
        text += cat(kSeparator, part);
        width += kSeparator.size();
      }
      width += part.size();
    }
    return text;
  }

  const MetricDescriptors& descriptors_;
  LogRecorderOptions options_;
};

}  // namespace

std::unique_ptr<MetricRecorder> make_log_recorder(const MetricDescriptors& descriptors,
                                                  LogRecorderOptions options) {
  return std::make_unique<LogRecorder>(descriptors, options);
}

}  // namespace roux
