#include <exception>
#include <utility>

#include "roux/base/log.h"
#include "roux/metrics/recorders.h"

namespace roux {

void RecorderGroup::add(std::unique_ptr<MetricRecorder> recorder) {
  MetricRecorder* const raw = recorder.get();
  members_.push_back({std::move(recorder), raw});
}

void RecorderGroup::add(MetricRecorder& recorder) {
  members_.push_back({nullptr, &recorder});
}

template <typename F>
void RecorderGroup::each(F call) {
  for (Member& member : members_) {
    if (!member.recorder) continue;
    try {
      call(*member.recorder);
    } catch (const std::exception& e) {
      log_warning("the ", member.recorder->name(),
                  " recorder stops recording metrics of this run: ", e.what());
      member.recorder = nullptr;
    }
  }
}

void RecorderGroup::begin(std::int64_t step) {
  each([&](MetricRecorder& recorder) { recorder.begin(step); });
}

void RecorderGroup::record(const MetricRecord& record) {
  each([&](MetricRecorder& recorder) { recorder.record(record); });
}

void RecorderGroup::record_text(const TextRecord& record) {
  each([&](MetricRecorder& recorder) { recorder.record_text(record); });
}

void RecorderGroup::flush() {
  each([](MetricRecorder& recorder) { recorder.flush(); });
}

}  // namespace roux
