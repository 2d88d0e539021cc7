#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace roux {

// How far numbers may lie apart: |actual - expected| <= absolute + relative * |expected|.
struct Tolerance {
  double absolute = 0.0;
  double relative = 0.0;
};

// What a result of float32 or bfloat16 (of that dtype's last place) may be off, computed in
// float32.
Tolerance tolerance_of(at::ScalarType dtype);

// EXPECT_TRUE(is_close(actual, expected, {.absolute = 1e-5})): the same dtype, the same shape,
// close numbers, NaN only where the other has it. Says where the largest difference lies.
::testing::AssertionResult is_close(const at::Tensor& actual, const at::Tensor& expected,
                                    const Tolerance& tolerance);

// The same bits, shape and dtype; both undefined is the same too.
::testing::AssertionResult is_same(const at::Tensor& actual, const at::Tensor& expected);

// Normal numbers, the same for the same seed and shape on every machine.
at::Tensor random_tensor(at::IntArrayRef sizes, std::uint64_t seed,
                         at::ScalarType dtype = at::kDouble);

// A leaf of its own with the same contents.
at::Tensor leaf(const at::Tensor& x, bool requires_grad = true);

// "float", "bfloat16": for the names of tests.
std::string name_of(at::ScalarType dtype);

}  // namespace roux
