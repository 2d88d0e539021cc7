#include "roux/nn/init.h"

#include <ATen/Dispatch.h>
#include <ATen/OpMathType.h>
#include <ATen/Parallel.h>

#include "roux/base/error.h"

namespace roux::nn {
namespace {

// Each element costs some tens of nanoseconds: pieces long enough to be worth a thread.
constexpr std::int64_t kGrain = 4096;

template <typename Value>
void fill_each(const at::Tensor& part, const Value& value) {
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, part.scalar_type(), "Init::fill", [&] {
    scalar_t* out = part.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, part.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        out[i] = static_cast<scalar_t>(static_cast<at::opmath_type<scalar_t>>(value(i)));
    });
  });
}

}  // namespace

void Init::fill(const at::Tensor& part, const RandomStream& stream,
                std::int64_t first_element) const {
  require(part.is_cpu() && part.is_contiguous(), "Init::fill: the part must be whole, on the CPU");
  const auto index = [&](std::int64_t i) { return static_cast<std::uint64_t>(first_element + i); };
  switch (kind_) {
    case Kind::Constant:
      return fill_each(part, [&](std::int64_t) { return first_; });
    case Kind::Normal:
      return fill_each(part,
                       [&](std::int64_t i) { return first_ + second_ * stream.normal(index(i)); });
    case Kind::Uniform:
      return fill_each(part, [&](std::int64_t i) {
        return first_ + (second_ - first_) * stream.uniform(index(i));
      });
  }
}

}  // namespace roux::nn
