#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "ops/kernels/norm.h"
#include "ops/passes.h"
#include "ops/rows.h"

namespace roux::ops::passes {
namespace {

// What a normalised number is multiplied by, in float32; undefined for ones.
at::Tensor gain_of(const at::Tensor& weight, double offset) {
  if (!weight.defined()) return {};
  const at::Tensor wide = weight.to(at::kFloat).contiguous();
  return offset == 0.0 ? wide : wide + offset;
}

// Sums over rows are taken in blocks that depend on the shape alone, then over the blocks in their
// order: the same whatever the number of threads.
struct Blocks {
  explicit Blocks(std::int64_t all_rows)
      : rows(std::max<std::int64_t>(32, (all_rows + 63) / 64)),
        count((all_rows + rows - 1) / rows) {}

  std::int64_t rows;
  std::int64_t count;
};

at::Tensor floats(at::IntArrayRef sizes) {
  return at::empty(sizes, at::TensorOptions(at::kFloat));
}

// [blocks, dim] of zeros, or undefined.
at::Tensor partial_sums(bool wanted, const Blocks& blocks, std::int64_t dim) {
  if (!wanted) return {};
  return at::zeros({std::max<std::int64_t>(1, blocks.count), dim}, at::TensorOptions(at::kFloat));
}

at::Tensor total(const at::Tensor& partial, const at::Tensor& parameter) {
  if (!partial.defined()) return {};
  float* sum = mutable_data_of<float>(partial);
  const std::int64_t dim = partial.size(1);
  for (std::int64_t block = 1; block < partial.size(0); ++block) {
    const float* more = sum + block * dim;
    for (std::int64_t i = 0; i < dim; ++i) sum[i] += more[i];
  }
  return partial.select(0, 0).to(parameter.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
}

float* block_of(const at::Tensor& partial, std::int64_t block) {
  return partial.defined() ? mutable_data_of<float>(partial) + block * partial.size(1) : nullptr;
}

}  // namespace

Normed rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, double weight_offset) {
  const Rows in = rows_of(x);
  const at::Tensor gain = gain_of(weight, weight_offset);
  Normed result;
  result.y = at::empty(x.sizes(), x.options());
  result.stats = floats({in.count});
  by_dtype(find_norm_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    at::parallel_for(0, in.count, rows_a_thread(in.dim), [&](std::int64_t begin, std::int64_t end) {
      kernels.rms_forward(data_of<T>(in.tensor) + begin * in.stride, in.stride,
                          data_or_null<float>(gain), static_cast<float>(eps),
                          mutable_data_of<T>(result.y) + begin * in.dim,
                          mutable_data_of<float>(result.stats) + begin, end - begin, in.dim);
    });
  });
  return result;
}

NormGradients rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& stats,
                                const at::Tensor& weight, double weight_offset, bool wants_weight) {
  const Rows in = rows_of(x);
  const at::Tensor gain = gain_of(weight, weight_offset);
  const at::Tensor given = dy.contiguous();
  const Blocks blocks(in.count);
  const at::Tensor partial = partial_sums(wants_weight, blocks, in.dim);
  NormGradients result;
  result.x = at::empty(x.sizes(), x.options());
  by_dtype(find_norm_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto one_block = [&](std::int64_t block) {
      const std::int64_t begin = block * blocks.rows;
      const std::int64_t count = std::min(blocks.rows, in.count - begin);
      const auto at = begin * in.dim;
      kernels.rms_backward(data_of<T>(given) + at, data_of<T>(in.tensor) + begin * in.stride,
                           in.stride, data_or_null<float>(gain), data_of<float>(stats) + begin,
                           mutable_data_of<T>(result.x) + at, block_of(partial, block), count,
                           in.dim);
    };
    const std::int64_t grain = std::max<std::int64_t>(1, rows_a_thread(in.dim) / blocks.rows);
    at::parallel_for(0, blocks.count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) one_block(block);
    });
  });
  result.weight = total(partial, weight);
  return result;
}

Normed layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  double eps) {
  const Rows in = rows_of(x);
  const at::Tensor gain = gain_of(weight, 0.0);
  const at::Tensor shift = gain_of(bias, 0.0);
  Normed result;
  result.y = at::empty(x.sizes(), x.options());
  result.stats = floats({in.count, 2});
  by_dtype(find_norm_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    at::parallel_for(0, in.count, rows_a_thread(in.dim), [&](std::int64_t begin, std::int64_t end) {
      kernels.layer_forward(data_of<T>(in.tensor) + begin * in.stride, in.stride,
                            data_or_null<float>(gain), data_or_null<float>(shift),
                            static_cast<float>(eps), mutable_data_of<T>(result.y) + begin * in.dim,
                            mutable_data_of<float>(result.stats) + 2 * begin, end - begin, in.dim);
    });
  });
  return result;
}

NormGradients layer_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                  const at::Tensor& stats, const at::Tensor& weight,
                                  const at::Tensor& bias, bool wants_weight, bool wants_bias) {
  const Rows in = rows_of(x);
  const at::Tensor gain = gain_of(weight, 0.0);
  const at::Tensor given = dy.contiguous();
  const Blocks blocks(in.count);
  const at::Tensor for_weight = partial_sums(wants_weight, blocks, in.dim);
  const at::Tensor for_bias = partial_sums(wants_bias, blocks, in.dim);
  NormGradients result;
  result.x = at::empty(x.sizes(), x.options());
  by_dtype(find_norm_kernels(), x.scalar_type(), [&](const auto& kernels, auto zero) {
    using T = decltype(zero);
    const auto one_block = [&](std::int64_t block) {
      const std::int64_t begin = block * blocks.rows;
      const std::int64_t count = std::min(blocks.rows, in.count - begin);
      const auto at = begin * in.dim;
      kernels.layer_backward(data_of<T>(given) + at, data_of<T>(in.tensor) + begin * in.stride,
                             in.stride, data_or_null<float>(gain),
                             data_of<float>(stats) + 2 * begin, mutable_data_of<T>(result.x) + at,
                             block_of(for_weight, block), block_of(for_bias, block), count, in.dim);
    };
    const std::int64_t grain = std::max<std::int64_t>(1, rows_a_thread(in.dim) / blocks.rows);
    at::parallel_for(0, blocks.count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) one_block(block);
    });
  });
  result.weight = total(for_weight, weight);
  result.bias = total(for_bias, bias);
  return result;
}

}  // namespace roux::ops::passes
