#include "support/gradcheck.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <string>

#include "roux/base/error.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

using Tensors = std::vector<at::Tensor>;

bool is_checked(const at::Tensor& input) {
  return input.defined() && input.requires_grad();
}

// A fixed weight for each number of each result, so that errors can't cancel.
at::Tensor weighted_sum(const Tensors& results) {
  at::Tensor total;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].defined()) continue;
    const at::Tensor part = (results[i] * random_tensor(results[i].sizes(), 1000 + i)).sum();
    total = total.defined() ? total + part : part;
  }
  require(total.defined(), "gradcheck: a function with a result");
  return total;
}

struct Differentiated {
  Tensors results;
  Tensors gradients;
  bool requires_grad = false;
};

Differentiated differentiate(const TensorFunction& function, const Tensors& inputs) {
  Tensors leaves;
  for (const auto& input : inputs) leaves.push_back(leaf(input, is_checked(input)));
  Differentiated run;
  run.results = function(leaves);
  const at::Tensor loss = weighted_sum(run.results);
  run.requires_grad = loss.requires_grad();
  if (run.requires_grad) loss.backward();
  for (const auto& each : leaves) run.gradients.push_back(each.defined() ? each.grad() : each);
  return run;
}

AssertionResult is_repeated(const TensorFunction& function, const Tensors& inputs,
                            const Differentiated& first) {
  const Differentiated second = differentiate(function, inputs);
  for (std::size_t i = 0; i < first.results.size(); ++i) {
    const AssertionResult same = is_same(second.results.at(i), first.results[i]);
    if (!same) {
      return AssertionFailure() << "result " << i << " differs from run to run: " << same.message();
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const AssertionResult same = is_same(second.gradients[i], first.gradients[i]);
    if (!same) {
      return AssertionFailure() << "the gradient of input " << i
                                << " differs from run to run: " << same.message();
    }
  }
  return AssertionSuccess();
}

// Of the weighted sum, for each element of input `which`.
at::Tensor by_differences(const TensorFunction& function, const Tensors& inputs, std::size_t which,
                          double step) {
  const c10::NoGradGuard no_grad;
  Tensors moved;
  for (const auto& input : inputs) moved.push_back(leaf(input, false));
  const at::Tensor gradient = moved[which].clone(at::MemoryFormat::Contiguous);
  const at::Tensor flat = gradient.view({-1});
  double* slope = flat.mutable_data_ptr<double>();
  const at::Tensor original = moved[which].contiguous().view({-1});
  for (std::int64_t i = 0; i < original.numel(); ++i) {
    const auto value_at = [&](double distance) {
      const at::Tensor shifted = original.clone();
      shifted.mutable_data_ptr<double>()[i] += distance;
      Tensors arguments = moved;
      arguments[which] = shifted.view(moved[which].sizes());
      return weighted_sum(function(arguments)).item<double>();
    };
    slope[i] = (value_at(step) - value_at(-step)) / (2.0 * step);
  }
  return gradient;
}

}  // namespace

AssertionResult gradcheck(const TensorFunction& function, const Tensors& inputs,
                          const GradcheckOptions& options) {
  for (const auto& input : inputs) {
    require(!is_checked(input) || input.scalar_type() == at::kDouble,
            "gradcheck: inputs that need a gradient must be float64");
  }
  const Differentiated run = differentiate(function, inputs);
  if (!run.requires_grad) return AssertionFailure() << "no result depends on any input";
  const AssertionResult repeated = is_repeated(function, inputs, run);
  if (!repeated) return repeated;

  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor& gradient = run.gradients[i];
    if (!is_checked(inputs[i])) {
      if (gradient.defined()) {
        return AssertionFailure() << "input " << i << " needs no gradient, but has one";
      }
      continue;
    }
    const at::Tensor expected = by_differences(function, inputs, i, options.step);
    if (!gradient.defined()) return AssertionFailure() << "input " << i << " has no gradient";
    const AssertionResult close = is_close(
        gradient, expected, {.absolute = options.tolerance, .relative = options.tolerance});
    if (!close) {
      return AssertionFailure() << "the gradient of input " << i
                                << " is not that of differences: " << close.message();
    }
  }
  return AssertionSuccess();
}

AssertionResult gradcheck(const std::function<at::Tensor(const Tensors&)>& function,
                          const Tensors& inputs, const GradcheckOptions& options) {
  const TensorFunction many = [&](const Tensors& arguments) {
    return Tensors{function(arguments)};
  };
  return gradcheck(many, inputs, options);
}

}  // namespace roux
