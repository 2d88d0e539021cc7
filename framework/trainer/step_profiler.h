#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "roux/config/sections/common.h"

namespace roux {

// Records where the time of chosen steps goes: [common.profilers.torch]. After skip_n_steps, a
// cycle is wait_n_steps steps without it, num_warmup_steps that are thrown away, and
// num_active_steps that are recorded; it comes `repeat` times, or to the end where that is 0.
//
// For each cycle it writes, below `folder`, steps_FIRST-LAST.json, which chrome://tracing and
// ui.perfetto.dev show, and steps_FIRST-LAST.txt, a table of where the time went, the first lines
// of which go to the log. One at a time in a process.
class StepProfiler {
 public:
  // `device`: where the steps are computed.
  StepProfiler(const TorchProfilerConfig& config, std::filesystem::path folder,
               at::Device device = at::kCPU);
  ~StepProfiler();
  StepProfiler(const StepProfiler&) = delete;
  StepProfiler& operator=(const StepProfiler&) = delete;

  // Before and after each step, which is counted from 0 in this process.
  void step_begins();
  void step_ends();

  // Writes what is recorded, if the run ends within a cycle.
  void finish();

 private:
  enum class Part { Idle, Warmup, Active };

  std::int64_t cycle() const;
  Part part_of(std::int64_t step) const;
  void write();

  TorchProfilerConfig config_;
  std::filesystem::path folder_;
  at::Device device_;
  std::int64_t step_ = 0;
  std::optional<std::int64_t> first_;  // of those that are recorded now
  bool is_prepared_ = false;
  bool has_written_ = false;
};

}  // namespace roux
