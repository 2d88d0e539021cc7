#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace roux {

// What is differentiated: inputs in, results out.
using TensorFunction = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

struct GradcheckOptions {
  double step = 1e-5;

  // |by autograd - by differences| <= tolerance * (1 + |by differences|).
  double tolerance = 1e-6;
};

// EXPECT_TRUE(gradcheck(function, inputs)): the gradients by autograd of a random weighted sum of
// all results are those of central differences, in float64, for each element of each input with
// requires_grad(); inputs without it (and undefined ones) end without a gradient; a second run
// gives the same bits. The inputs themselves are left alone.
::testing::AssertionResult gradcheck(const TensorFunction& function,
                                     const std::vector<at::Tensor>& inputs,
                                     const GradcheckOptions& options = {});

// The same of a function with one result.
::testing::AssertionResult gradcheck(
    const std::function<at::Tensor(const std::vector<at::Tensor>&)>& function,
    const std::vector<at::Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace roux
