#include "roux/ops/activation.h"

#include <ATen/ops/empty.h>

#include "ops/kernels/activation.h"
#include "ops/passes.h"
#include "ops/rows.h"

namespace roux::ops {

void describe(config::EnumValues<Activation>& value) {
  value("silu", Activation::Silu, "x * sigmoid(x): SwiGLU where it gates.");
  value("gelu", Activation::Gelu, "The exact one.");
  value("gelu_tanh", Activation::GeluTanh, "Its approximation by tanh: GPT-2's and Gemma's.");
  value("relu", Activation::Relu, "max(x, 0).");
}

namespace passes {
namespace {

at::Tensor like(const at::Tensor& x) {
  return at::empty(x.sizes(), x.options());
}

bool is_contiguous(const Rows& rows) {
  return rows.stride == rows.dim || rows.count <= 1;
}

// Calls body(row, begin, end): pieces of rows, `row` of `rows` and its numbers [begin, end). Where
// all lies in one piece, it is taken for one row.
template <typename Body>
void for_pieces(bool in_one_piece, std::int64_t rows, std::int64_t dim, Body body) {
  if (in_one_piece) {
    for_numbers(rows * dim, [&](std::int64_t begin, std::int64_t end) { body(0, begin, end); });
    return;
  }
  at::parallel_for(0, rows, rows_a_thread(dim), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) body(row, 0, dim);
  });
}

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation activation) {
  const Rows in = rows_of(x);
  at::Tensor y = like(x);
  by_dtype(find_activation_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto run = kernels.forward[static_cast<int>(activation)];
    for_pieces(is_contiguous(in), in.count, in.dim,
               [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
                 run(data_of<T>(in.tensor) + row * in.stride + begin,
                     mutable_data_of<T>(y) + row * in.dim + begin, end - begin);
               });
  });
  return y;
}

at::Tensor activate_backward(const at::Tensor& dy, const at::Tensor& x, Activation activation) {
  const Rows in = rows_of(x);
  const at::Tensor given = dy.contiguous();
  at::Tensor dx = like(x);
  by_dtype(find_activation_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto run = kernels.backward[static_cast<int>(activation)];
    for_pieces(is_contiguous(in), in.count, in.dim,
               [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
                 const std::int64_t at = row * in.dim + begin;
                 run(data_of<T>(given) + at, data_of<T>(in.tensor) + row * in.stride + begin,
                     mutable_data_of<T>(dx) + at, end - begin);
               });
  });
  return dx;
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  const Rows g = rows_of(gate);
  const Rows u = rows_of(up);
  at::Tensor y = like(gate);
  by_dtype(find_activation_kernels(), gate.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto run = kernels.gated_forward[static_cast<int>(activation)];
    for_pieces(is_contiguous(g) && is_contiguous(u), g.count, g.dim,
               [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
                 run(data_of<T>(g.tensor) + row * g.stride + begin,
                     data_of<T>(u.tensor) + row * u.stride + begin,
                     mutable_data_of<T>(y) + row * g.dim + begin, end - begin);
               });
  });
  return y;
}

std::pair<at::Tensor, at::Tensor> gated_backward(const at::Tensor& dy, const at::Tensor& gate,
                                                 const at::Tensor& up, Activation activation) {
  const Rows g = rows_of(gate);
  const Rows u = rows_of(up);
  const at::Tensor given = dy.contiguous();
  at::Tensor dgate = like(gate);
  at::Tensor dup = like(up);
  by_dtype(find_activation_kernels(), gate.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto run = kernels.gated_backward[static_cast<int>(activation)];
    for_pieces(is_contiguous(g) && is_contiguous(u), g.count, g.dim,
               [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
                 const std::int64_t at = row * g.dim + begin;
                 run(data_of<T>(given) + at, data_of<T>(g.tensor) + row * g.stride + begin,
                     data_of<T>(u.tensor) + row * u.stride + begin, mutable_data_of<T>(dgate) + at,
                     mutable_data_of<T>(dup) + at, end - begin);
               });
  });
  return {std::move(dgate), std::move(dup)};
}

}  // namespace passes
}  // namespace roux::ops
