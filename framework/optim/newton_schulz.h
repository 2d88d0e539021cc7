#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace roux {

struct NewtonSchulz {
  std::array<double, 3> coefficients;
  std::int64_t steps;
  double eps;            // the least norm that the matrix is divided by
  at::ScalarType dtype;  // what is computed with
};

// While it lives, MKL multiplies on this thread alone, and as if there were no other: it sums in
// another order where it could have more, even if it doesn't use them.
class OneThreadOfMkl {
 public:
  OneThreadOfMkl();
  ~OneThreadOfMkl();
  OneThreadOfMkl(const OneThreadOfMkl&) = delete;
  OneThreadOfMkl& operator=(const OneThreadOfMkl&) = delete;

 private:
  int before_ = 0;
};

// Of a matrix, or of each of a stack of them: nearly U V^T of its U S V^T (the singular values come
// to lie between about 0.7 and 1.2), in `settings.dtype`.
at::Tensor orthogonalised(const at::Tensor& matrix, const NewtonSchulz& settings);

}  // namespace roux
