#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "roux/ops/activation.h"
#include "roux/ops/rotary.h"

namespace roux::ops {

// What a library for another device (libroux_cuda.so) brings: each takes what the operation of the
// same name takes, and is differentiable. Null: the reference runs.
struct DeviceKernels {
  at::Tensor (*rms_norm)(const at::Tensor& x, const at::Tensor& weight, double eps,
                         double weight_offset) = nullptr;
  at::Tensor (*layer_norm)(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           double eps) = nullptr;
  at::Tensor (*rotate)(const at::Tensor& x, const Rotation& rotation) = nullptr;
  at::Tensor (*activate)(const at::Tensor& x, Activation activation) = nullptr;
  at::Tensor (*gated)(const at::Tensor& gate, const at::Tensor& up,
                      Activation activation) = nullptr;
  at::Tensor (*embedding)(const at::Tensor& weight, const at::Tensor& ids) = nullptr;
  at::Tensor (*dropout)(const at::Tensor& x, double p, std::uint64_t key,
                        std::uint64_t first_element) = nullptr;
};

// Called by the library when it is loaded, before any operation runs on its device: no lock is
// taken. Returns what was there before.
DeviceKernels register_kernels(at::DeviceType device, const DeviceKernels& kernels);

const DeviceKernels& kernels_of(const at::Tensor& x);

}  // namespace roux::ops
