#include "roux/optim/gradient_norm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "optim/flat_pass.h"
#include "roux/base/error.h"
#include "roux/nn/flat_parameters.h"

namespace roux {
namespace {

// Numbers that are summed in one go; the sums of the pieces are added in order.
constexpr std::int64_t kPiece = 1 << 14;

double sum_of_squares(const at::Tensor& numbers) {
  require(numbers.is_cpu() && numbers.is_contiguous(), "norms: a flat buffer on the CPU");
  const auto& kernels = optimizer_kernels_of<float>();
  const ops::Stored stored = stored_as(numbers.scalar_type());
  const auto* data = static_cast<const std::byte*>(numbers.const_data_ptr());
  const auto element = static_cast<std::int64_t>(numbers.element_size());
  const std::int64_t pieces = (numbers.numel() + kPiece - 1) / kPiece;
  std::vector<double> sums(static_cast<std::size_t>(pieces));
  on_threads(pieces, 2, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t count = std::min(kPiece, numbers.numel() - i * kPiece);
      sums[static_cast<std::size_t>(i)] =
          kernels.sum_of_squares(data + i * kPiece * element, stored, count);
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <typename BufferOf>
FlatNorms norms(const nn::FlatParameters& parameters, const BufferOf& buffer_of) {
  FlatNorms result;
  double total = 0.0;
  for (const nn::FlatGroup& group : parameters.groups()) {
    double squares = 0.0;
    if (group.trainable) {
      const at::Tensor& buffer = buffer_of(group);
      require(buffer.defined(), "norms: of memory that is there");
      squares = sum_of_squares(buffer);
    }
    total += squares;
    result.groups.push_back(std::sqrt(squares));
  }
  result.total = std::sqrt(total);
  return result;
}

}  // namespace

FlatNorms gradient_norms(const nn::FlatParameters& parameters) {
  return norms(parameters,
               [](const nn::FlatGroup& group) -> const at::Tensor& { return group.gradients; });
}

double gradient_norm(const nn::FlatParameters& parameters) {
  return gradient_norms(parameters).total;
}

FlatNorms parameter_norms(const nn::FlatParameters& parameters) {
  return norms(parameters,
               [](const nn::FlatGroup& group) -> const at::Tensor& { return group.exact(); });
}

double clipping_scale(double norm, double max_norm) {
  require(max_norm > 0.0, "clipping_scale: max_norm is more than 0");
  return std::min(1.0, max_norm / (norm + 1e-6));
}

}  // namespace roux
