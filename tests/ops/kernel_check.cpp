#include "ops/kernel_check.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <thread>

#include "ops/level_override.h"
#include "roux/base/error.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

Tensors converted(const Tensors& inputs, at::ScalarType from, at::ScalarType to) {
  Tensors result;
  for (const auto& input : inputs) {
    if (input.defined() && input.scalar_type() == from) {
      result.push_back(input.detach().to(to).set_requires_grad(input.requires_grad()));
    } else {
      result.push_back(input);
    }
  }
  return result;
}

at::Tensor widened(const at::Tensor& x) {
  return x.defined() && x.is_floating_point() ? x.to(at::kDouble) : x;
}

void expect_close(const Tensors& actual, const Tensors& expected, const Tolerance& tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_EQ(actual[i].defined(), expected[i].defined()) << "number " << i;
    if (actual[i].defined()) {
      EXPECT_TRUE(is_close(widened(actual[i]), expected[i], tolerance)) << "number " << i;
    }
  }
}

void expect_same(const Passes& actual, const Passes& expected) {
  for (std::size_t i = 0; i < actual.results.size(); ++i) {
    EXPECT_TRUE(is_same(actual.results[i], expected.results.at(i))) << "result " << i;
  }
  for (std::size_t i = 0; i < actual.gradients.size(); ++i) {
    EXPECT_TRUE(is_same(actual.gradients[i], expected.gradients.at(i))) << "gradient " << i;
  }
}

class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

void expect_same_on_any_threads(const TensorFunction& operation, const Tensors& inputs,
                                const Passes& expected) {
  {
    SCOPED_TRACE("on one thread");
    const Threads one(1);
    expect_same(run_passes(operation, inputs), expected);
  }
  SCOPED_TRACE("twice at a time");
  Passes left;
  Passes right;
  std::thread other([&] { left = run_passes(operation, inputs); });
  right = run_passes(operation, inputs);
  other.join();
  expect_same(left, expected);
  expect_same(right, expected);
}

}  // namespace

Passes run_passes(const TensorFunction& operation, const Tensors& inputs) {
  Tensors leaves;
  for (const auto& input : inputs) {
    leaves.push_back(leaf(input, input.defined() && input.requires_grad()));
  }
  Passes passes;
  passes.results = operation(leaves);
  at::Tensor loss;
  for (std::size_t i = 0; i < passes.results.size(); ++i) {
    // Numbers that every dtype holds, so that all are given the same gradient.
    const at::Tensor weights = random_tensor(passes.results[i].sizes(), 2000 + i, at::kBFloat16)
                                   .to(passes.results[i].scalar_type());
    const at::Tensor part = (passes.results[i] * weights).sum(at::kDouble);
    loss = loss.defined() ? loss + part : part;
  }
  if (loss.requires_grad()) loss.backward();
  for (const auto& each : leaves) {
    passes.gradients.push_back(each.defined() ? each.grad() : each);
  }
  return passes;
}

void expect_kernels_match(const std::string& what, const TensorFunction& operation,
                          const Tensors& inputs, double slack) {
  const Threads two(2);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Tensors narrow = converted(inputs, at::kDouble, dtype);
    const Passes expected = run_passes(operation, converted(narrow, dtype, at::kDouble));
    Tolerance tolerance = tolerance_of(dtype);
    tolerance.absolute *= slack;
    tolerance.relative *= slack;
    for (const CpuLevel level : levels_of_this_cpu()) {
      SCOPED_TRACE(cat(what, ", ", name_of(dtype), ", ", to_string(level)));
      const LevelOverride override(level);
      const Passes actual = run_passes(operation, narrow);
      if (level == CpuLevel::Reference) {  // ATen sums bfloat16 in bfloat16, and splits by threads
        const Tolerance wider{4.0 * tolerance.absolute, 4.0 * tolerance.relative};
        expect_close(actual.results, expected.results, wider);
        expect_close(actual.gradients, expected.gradients, wider);
        continue;
      }
      expect_close(actual.results, expected.results, tolerance);
      expect_close(actual.gradients, expected.gradients, tolerance);
      expect_same_on_any_threads(operation, narrow, actual);
    }
  }
}

}  // namespace roux::ops
