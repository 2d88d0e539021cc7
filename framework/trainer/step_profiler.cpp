#include "trainer/step_profiler.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "trainer/time_table.h"

namespace roux {
namespace {

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;
using torch::profiler::impl::ProfilerConfig;
using torch::profiler::impl::ProfilerState;

const ProfilerConfig& settings() {
  static const ProfilerConfig config(ProfilerState::KINETO);
  return config;
}

// Where there is no GPU, asking for its kernels says so on stderr.
std::set<ActivityType> activities_on(at::Device device) {
  if (device.is_cuda()) return {ActivityType::CPU, ActivityType::CUDA};
  return {ActivityType::CPU};
}

std::vector<TimedCall> calls_of(const profiler::ProfilerResult& result) {
  std::vector<TimedCall> calls;
  for (const profiler::KinetoEvent& event : result.events()) {
    // What a device does on its own is a thread of its own.
    const std::uint64_t thread = event.deviceType() == c10::DeviceType::CPU
                                     ? event.startThreadId()
                                     : ~static_cast<std::uint64_t>(event.deviceIndex());
    calls.push_back({event.name(), thread, event.startNs(), event.endNs()});
  }
  return calls;
}

}  // namespace

StepProfiler::StepProfiler(const TorchProfilerConfig& config, std::filesystem::path folder,
                           at::Device device)
    : config_(config), folder_(std::move(folder)), device_(device) {}

StepProfiler::~StepProfiler() {
  try {
    if (first_) profiler::disableProfiler();
  } catch (const std::exception& error) {
    log_warning("the profiler did not end: ", error.what());
  }
}

std::int64_t StepProfiler::cycle() const {
  return config_.wait_n_steps + config_.num_warmup_steps + config_.num_active_steps;
}

StepProfiler::Part StepProfiler::part_of(std::int64_t step) const {
  const std::int64_t at = step - config_.skip_n_steps;
  if (at < 0 || (config_.repeat > 0 && at >= cycle() * config_.repeat)) return Part::Idle;
  const std::int64_t place = at % cycle();
  if (place < config_.wait_n_steps) return Part::Idle;
  return place < config_.wait_n_steps + config_.num_warmup_steps ? Part::Warmup : Part::Active;
}

void StepProfiler::step_begins() {
  const Part part = part_of(step_);
  if (part == Part::Idle) return;
  if (!is_prepared_) {
    profiler::prepareProfiler(settings(), activities_on(device_));
    is_prepared_ = true;
  }
  if (part == Part::Active && !first_) {
    profiler::enableProfiler(settings(), activities_on(device_));
    first_ = step_;
  }
}

void StepProfiler::step_ends() {
  ++step_;
  if (first_ && (step_ - config_.skip_n_steps) % cycle() == 0) write();
}

void StepProfiler::finish() {
  if (first_) {
    write();
  } else if (!has_written_) {
    log_warning("nothing was profiled: the run took ", step_, " steps, and recording begins after ",
                config_.skip_n_steps + config_.wait_n_steps + config_.num_warmup_steps,
                " (common.profilers.torch)");
  }
}

void StepProfiler::write() {
  const std::int64_t first = *std::exchange(first_, std::nullopt);
  is_prepared_ = false;
  has_written_ = true;
  const auto result = profiler::disableProfiler();
  const std::string steps = cat("steps_", first + 1, '-', step_);
  try {
    std::filesystem::create_directories(folder_);
    const auto trace = folder_ / (steps + ".json");
    result->save(trace.string());
    const std::vector<TimedName> names = times_by_name(calls_of(*result));
    write_file(folder_ / (steps + ".txt"), time_table(names, names.size()));
    constexpr std::size_t kMost = 12;
    log_info("where the time of steps ", first + 1, " to ", step_, " went (all of it in ",
             folder_.string(), "; ", trace.filename().string(),
             " is for chrome://tracing or ui.perfetto.dev):\n", time_table(names, kMost));
  } catch (const std::exception& error) {
    log_warning("the profile of ", steps, " can't be written: ", error.what());
  }
}

}  // namespace roux
