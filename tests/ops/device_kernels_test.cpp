// The way in for a library of another device, seen with a device that every machine has.
#include "ops/device_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"
#include "roux/ops/dropout.h"
#include "roux/ops/embedding.h"
#include "roux/ops/norm.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

int calls = 0;

at::Tensor counted(const at::Tensor& x) {
  ++calls;
  return x;
}

TEST(DeviceKernels, RunInPlaceOfTheReferenceOnTheirDevice) {
  const at::Tensor x = at::empty({2, 4}, at::TensorOptions(at::kFloat).device(at::kMeta));
  DeviceKernels kernels;
  kernels.rms_norm = [](const at::Tensor& in, const at::Tensor&, double, double) {
    return counted(in);
  };
  kernels.layer_norm = [](const at::Tensor& in, const at::Tensor&, const at::Tensor&, double) {
    return counted(in);
  };
  kernels.rotate = [](const at::Tensor& in, const Rotation&) { return counted(in); };
  kernels.activate = [](const at::Tensor& in, Activation) { return counted(in); };
  kernels.gated = [](const at::Tensor& in, const at::Tensor&, Activation) { return counted(in); };
  kernels.embedding = [](const at::Tensor& in, const at::Tensor&) { return counted(in); };
  kernels.dropout = [](const at::Tensor& in, double, std::uint64_t, std::uint64_t) {
    return counted(in);
  };
  const DeviceKernels before = register_kernels(at::kMeta, kernels);
  calls = 0;

  rms_norm(x, {}, 1e-5);
  layer_norm(x, {}, {}, 1e-5);
  rotate(x.view({2, 1, 4}), {x.narrow(1, 0, 2), x.narrow(1, 0, 2)});
  activate(x, Activation::Silu);
  gated(x, x, Activation::Silu);
  ops::embedding(x, at::empty({3}, x.options().dtype(at::kLong)));
  ops::dropout(x, 0.5, RandomStream(1, "dropout"));
  EXPECT_EQ(calls, 7);

  rms_norm(random_tensor({2, 4}, 1), {}, 1e-5);
  EXPECT_EQ(calls, 7) << "a kernel of another device ran on the CPU";

  register_kernels(at::kMeta, before);
  rms_norm(x, {}, 1e-5);
  EXPECT_EQ(calls, 7);
}

TEST(DeviceKernels, AreNotForTheCpu) {
  EXPECT_THROW(register_kernels(at::kCPU, {}), InternalError);
}

}  // namespace
}  // namespace roux::ops
