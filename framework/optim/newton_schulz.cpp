#include "optim/newton_schulz.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>

// Of the MKL in LibTorch; not there where LibTorch has none.
extern "C" __attribute__((weak)) int MKL_Set_Num_Threads_Local(int count);

namespace roux {
namespace {

at::Tensor of_one(const at::Tensor& matrix, const NewtonSchulz& settings) {
  const auto [a, b, c] = settings.coefficients;
  const bool is_tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = matrix.to(settings.dtype);
  if (is_tall) x = x.t();
  x = x / at::linalg_vector_norm(x, 2).clamp_min(settings.eps);
  for (std::int64_t i = 0; i < settings.steps; ++i) {
    const at::Tensor gram = at::mm(x, x.t());
    const at::Tensor polynomial = at::addmm(gram, gram, gram, b, c);
    x = at::addmm(x, polynomial, x, a, 1);
  }
  return is_tall ? x.t() : x;
}

}  // namespace

OneThreadOfMkl::OneThreadOfMkl() {
  at::get_num_threads();  // sets MKL's number at its first call on a thread, and would undo ours
  if (MKL_Set_Num_Threads_Local != nullptr) before_ = MKL_Set_Num_Threads_Local(1);
}

OneThreadOfMkl::~OneThreadOfMkl() {
  if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(before_);
}

at::Tensor orthogonalised(const at::Tensor& matrix, const NewtonSchulz& settings) {
  if (matrix.dim() == 2) return of_one(matrix, settings);
  const at::Tensor result = at::empty_like(matrix, matrix.options().dtype(settings.dtype));
  const std::int64_t rows = matrix.size(-2);
  const std::int64_t columns = matrix.size(-1);
  const at::Tensor stack = matrix.reshape({-1, rows, columns});
  const at::Tensor results = result.view({-1, rows, columns});
  for (std::int64_t i = 0; i < stack.size(0); ++i) results[i].copy_(of_one(stack[i], settings));
  return result;
}

}  // namespace roux
