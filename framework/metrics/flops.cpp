#include "roux/metrics/flops.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "roux/ops/linear.h"

namespace roux {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double measure(at::ScalarType dtype, at::Device device) {
  constexpr double kSpent = 0.2;   // seconds in all
  constexpr double kRound = 0.01;  // at least, that the clock and the wait for a device don't count
  const at::NoGradGuard no_grad;
  const std::int64_t size = device.is_cpu() ? 2048 : 8192;
  const double flops =
      2.0 * static_cast<double>(size) * static_cast<double>(size) * static_cast<double>(size);

  // Numbers of both signs, and not random ones: those are the run's.
  const at::Tensor a = at::arange(size * size, at::TensorOptions(at::kFloat).device(device))
                           .remainder(251)
                           .sub(125)
                           .div(251)
                           .to(dtype)
                           .view({size, size});
  // As models multiply: which library does so depends on the machine.
  at::Tensor product = ops::linear(a, a);  // makes what the library keeps
  const auto wait = [&] { (void)product.select(0, 0).select(0, 0).item(); };
  wait();

  double best = 0.0;
  int rounds = 1;
  for (const auto begin = Clock::now(); seconds_since(begin) < kSpent;) {
    const auto round = Clock::now();
    for (int i = 0; i < rounds; ++i) product = ops::linear(a, a);
    wait();
    const double time = seconds_since(round);
    best = std::max(best, flops * rounds / time);
    if (time < kRound) rounds *= 2;
  }
  return best;
}

}  // namespace

double measured_peak_flops(at::ScalarType dtype, at::Device device) {
  static std::mutex mutex;
  static std::map<std::tuple<at::ScalarType, std::string, int>, double> known;
  const std::lock_guard lock(mutex);
  const auto key = std::tuple(dtype, device.str(), at::get_num_threads());
  if (const auto found = known.find(key); found != known.end()) return found->second;
  return known[key] = measure(dtype, device);
}

std::optional<double> flops_utilisation(double flops, double seconds, double peak,
                                        int num_devices) {
  const double most = seconds * peak * num_devices;
  if (!(most > 0.0)) return std::nullopt;
  return flops / most;
}

}  // namespace roux
