#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "roux/metrics/metric_descriptor.h"
#include "roux/metrics/metric_recorder.h"

namespace roux {

// Hands each report to several recorders, none of which can stop the run: what one throws (a full
// disk, a folder that was removed) is a warning, told once, and that recorder is left out from
// there on. What lies in its files up to then stays.
class RecorderGroup final : public MetricRecorder {
 public:
  void add(std::unique_ptr<MetricRecorder> recorder);

  // One that somebody else keeps alive.
  void add(MetricRecorder& recorder);

  void begin(std::int64_t step) override;
  void record(const MetricRecord& record) override;
  void record_text(const TextRecord& record) override;
  void flush() override;

 private:
  struct Member {
    std::unique_ptr<MetricRecorder> owned;
    MetricRecorder* recorder;  // null once it failed
  };

  template <typename F>
  void each(F call);

  std::vector<Member> members_;
};

// The recorders of Roux (docs/metrics.md has their formats). Their makers touch no file; begin() is
// the first that does, and throws Error if it can't.

struct LogRecorderOptions {
  std::optional<std::int64_t> num_steps = {};  // of the whole run, to say how far it is
  bool all = false;                            // not only the metrics that are `brief`
};

// A line for each report: "step 100/2,000 (5 %) | loss 3.2100 | ppl 24.78 | 1,234 tokens/s". The
// descriptors must outlive it.
std::unique_ptr<MetricRecorder> make_log_recorder(const MetricDescriptors& descriptors,
                                                  LogRecorderOptions options = {});

// `folder`/train.jsonl, `folder`/valid/NAME.jsonl: an object a line; texts go to texts.jsonl.
std::unique_ptr<MetricRecorder> make_jsonl_recorder(const std::filesystem::path& folder);

// `folder`/train.csv, `folder`/valid/NAME.csv: a row for each report under a line of names.
std::unique_ptr<MetricRecorder> make_csv_recorder(const std::filesystem::path& folder);

// `folder`/train/events.out.tfevents.…, `folder`/valid/NAME/events.out.tfevents.…: what TensorBoard
// reads, a run of its own for each category, so that the losses of both lie in one picture.
std::unique_ptr<MetricRecorder> make_tensorboard_recorder(const std::filesystem::path& folder);

}  // namespace roux
