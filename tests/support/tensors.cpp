#include "support/tensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isnan.h>

#include <cmath>
#include <cstring>

#include "roux/base/error.h"
#include "roux/base/random.h"

namespace roux {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

std::string describe(const at::Tensor& x) {
  return x.defined() ? cat(name_of(x.scalar_type()), " ", x.sizes()) : "undefined";
}

// The index of element `flat` of a contiguous tensor: "[3, 0, 7]".
std::string place(const at::Tensor& x, std::int64_t flat) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(x.dim()));
  for (std::size_t i = index.size(); i-- > 0;) {
    const std::int64_t size = x.size(static_cast<std::int64_t>(i));
    index[i] = flat % size;
    flat /= size;
  }
  return cat(at::IntArrayRef(index));
}

}  // namespace

Tolerance tolerance_of(at::ScalarType dtype) {
  if (dtype == at::kDouble) return {.absolute = 1e-11, .relative = 1e-11};
  if (dtype == at::kBFloat16) return {.absolute = 1e-3, .relative = 8e-3};
  return {.absolute = 2e-6, .relative = 2e-6};
}

AssertionResult is_close(const at::Tensor& actual, const at::Tensor& expected,
                         const Tolerance& tolerance) {
  if (!actual.defined() || !expected.defined() || actual.sizes() != expected.sizes() ||
      actual.scalar_type() != expected.scalar_type()) {
    return AssertionFailure() << "it is " << describe(actual) << ", but should be "
                              << describe(expected);
  }
  const at::Tensor left = actual.detach().to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor right = expected.detach().to(at::kCPU, at::kDouble).contiguous();
  const double* a = left.const_data_ptr<double>();
  const double* e = right.const_data_ptr<double>();
  std::int64_t wrong = 0;
  std::int64_t worst = -1;
  double worst_excess = 0.0;
  for (std::int64_t i = 0; i < left.numel(); ++i) {
    if (a[i] == e[i] || (std::isnan(a[i]) && std::isnan(e[i]))) continue;
    const double difference = std::fabs(a[i] - e[i]);
    const double excess = difference / (tolerance.absolute + tolerance.relative * std::fabs(e[i]));
    if (excess <= 1.0) continue;  // written so that NaN counts as wrong
    ++wrong;
    if (worst < 0 || !(excess <= worst_excess)) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (wrong == 0) return AssertionSuccess();
  return AssertionFailure() << wrong << " of " << left.numel() << " numbers of " << describe(actual)
                            << " are too far off; the worst, at " << place(left, worst) << ", is "
                            << a[worst] << ", but should be " << e[worst] << " (a difference of "
                            << a[worst] - e[worst] << ", " << worst_excess
                            << " times the tolerance)";
}

AssertionResult is_same(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.defined() && !expected.defined()) return AssertionSuccess();
  if (!actual.defined() || !expected.defined()) return is_close(actual, expected, {});
  const at::Tensor left = actual.detach().cpu().contiguous();
  const at::Tensor right = expected.detach().cpu().contiguous();
  if (left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type() &&
      (left.nbytes() == 0 ||
       std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0)) {
    return AssertionSuccess();
  }
  const AssertionResult close = is_close(actual, expected, {});
  return close ? AssertionFailure() << "the bits of " << describe(actual) << " differ" : close;
}

at::Tensor random_tensor(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType dtype) {
  RandomStream stream(seed, "random_tensor");
  const at::Tensor x = at::empty(sizes, at::TensorOptions(at::kDouble));
  double* numbers = x.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < x.numel(); ++i) numbers[i] = stream.normal();
  return x.to(dtype);
}

at::Tensor leaf(const at::Tensor& x, bool requires_grad) {
  if (!x.defined()) return x;
  return x.detach().clone().set_requires_grad(requires_grad);
}

std::string name_of(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kBFloat16:
      return "bfloat16";
    case at::kHalf:
      return "float16";
    default:
      return at::toString(dtype);
  }
}

}  // namespace roux
