#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace roux {

// Floating-point operations per second that products of large square matrices reach in `dtype` on
// `device`, with LibTorch's threads as they are: the best of what fits into 0.2 s, measured once a
// process. It says what this machine does at best, not what its data sheet promises. Throws what
// LibTorch throws where the device has no products of that dtype. Any thread.
double measured_peak_flops(at::ScalarType dtype, at::Device device = at::kCPU);

// Model-FLOPs utilisation: the share of what the devices could do at most, `peak` a second each,
// that was spent on the model's own operations, `flops` in `seconds` on all of them together.
// Whoever knows the model counts those, without what is computed twice; of a decoder a step takes
// about 6 × tokens × weights in matrix products + 12 × layers × width × context × tokens. Nothing
// if there was no time or no peak.
std::optional<double> flops_utilisation(double flops, double seconds, double peak,
                                        int num_devices = 1);

}  // namespace roux
