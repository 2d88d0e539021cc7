#include "ops/device_kernels.h"

#include <array>
#include <utility>

#include "roux/base/error.h"

namespace roux::ops {
namespace {

std::array<DeviceKernels, at::COMPILE_TIME_MAX_DEVICE_TYPES> tables;

}  // namespace

DeviceKernels register_kernels(at::DeviceType device, const DeviceKernels& kernels) {
  require(device != at::kCPU, "register_kernels: the CPU's are chosen by its level");
  return std::exchange(tables.at(static_cast<std::size_t>(device)), kernels);
}

const DeviceKernels& kernels_of(const at::Tensor& x) {
  return tables.at(static_cast<std::size_t>(x.device().type()));
}

}  // namespace roux::ops
