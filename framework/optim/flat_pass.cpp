#include "optim/flat_pass.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "roux/base/error.h"

namespace roux {
namespace {

std::int64_t size_of(ops::Stored stored) {
  switch (stored) {
    case ops::Stored::Float32:
      return 4;
    case ops::Stored::Float64:
      return 8;
    case ops::Stored::BFloat16:
    case ops::Stored::Float16:
      return 2;
  }
  throw InternalError("size_of: an unknown way to store numbers");
}

template <typename T>
constexpr ops::Stored kOwn = sizeof(T) == 8 ? ops::Stored::Float64 : ops::Stored::Float32;

}  // namespace

ops::Stored stored_as(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return ops::Stored::Float32;
    case at::kDouble:
      return ops::Stored::Float64;
    case at::kBFloat16:
      return ops::Stored::BFloat16;
    case at::kHalf:
      return ops::Stored::Float16;
    default:
      throw InternalError(cat("an optimizer can't step parameters of ", at::toString(dtype)));
  }
}

at::ScalarType computed_in(at::ScalarType exact) {
  return exact == at::kDouble ? at::kDouble : at::kFloat;
}

at::ScalarType exact_dtype(const nn::FlatGroup& group) {
  return group.exact().defined() ? group.exact().scalar_type() : group.dtype;
}

template <>
const ops::OptimizerKernels<float>& optimizer_kernels_of<float>() {
  const auto* found = ops::find_optimizer_kernels();
  return found != nullptr ? *found : ops::portable::optimizer_kernels;
}

template <>
const ops::OptimizerKernels<double>& optimizer_kernels_of<double>() {
  return ops::portable::optimizer_kernels_of_double;
}

void on_threads(std::int64_t count, std::int64_t least_a_thread,
                const std::function<void(std::int64_t, std::int64_t)>& body) {
  at::parallel_for(0, count, least_a_thread, body);
}

std::vector<FlatMemory> memory_of(const nn::FlatParameters& parameters) {
  std::vector<FlatMemory> all;
  std::uint64_t first = 0;
  for (const nn::FlatGroup& group : parameters.groups()) {
    FlatMemory& memory = all.emplace_back();
    memory.first = first;
    first += static_cast<std::uint64_t>(group.numel);
    if (!group.trainable) continue;
    require(group.values.defined() && group.values.is_cpu(), "optimizers: parameters on the CPU");
    require(group.gradients.defined(), "optimizers: parameters with gradients");
    memory.exact = static_cast<std::byte*>(group.exact().mutable_data_ptr());
    memory.exact_as = stored_as(group.exact().scalar_type());
    if (group.masters.defined()) {
      memory.rounded = static_cast<std::byte*>(group.values.mutable_data_ptr());
      memory.rounded_as = stored_as(group.values.scalar_type());
    }
    memory.gradients = static_cast<const std::byte*>(group.gradients.const_data_ptr());
    memory.gradients_as = stored_as(group.gradients.scalar_type());
  }
  return all;
}

template <typename T>
Part<T>::Part(const FlatMemory& memory, std::int64_t begin, std::int64_t count)
    : memory_(memory), begin_(begin), count_(count) {
  const auto& kernels = optimizer_kernels_of<T>();
  std::byte* exact = memory.exact + begin * size_of(memory.exact_as);
  if (memory.exact_as == kOwn<T>) {
    values_ = reinterpret_cast<T*>(exact);
  } else {
    kernels.widen(exact, memory.exact_as, value_space_, count);
    values_ = value_space_;
  }
  const std::byte* gradients = memory.gradients + begin * size_of(memory.gradients_as);
  if (memory.gradients_as == kOwn<T>) {
    gradients_ = reinterpret_cast<const T*>(gradients);
  } else {
    kernels.widen(gradients, memory.gradients_as, gradient_space_, count);
    gradients_ = gradient_space_;
  }
}

template <typename T>
void Part<T>::store(const Chance& chance) {
  const auto& kernels = optimizer_kernels_of<T>();
  if (memory_.exact_as != kOwn<T>) {
    std::byte* exact = memory_.exact + begin_ * size_of(memory_.exact_as);
    if (chance && memory_.exact_as == ops::Stored::BFloat16) {
      kernels.narrow_by_chance(values_, reinterpret_cast<std::uint16_t*>(exact), count_, *chance,
                               memory_.first + static_cast<std::uint64_t>(begin_));
    } else {
      kernels.narrow(values_, exact, memory_.exact_as, count_);
    }
  }
  if (memory_.rounded != nullptr) {
    kernels.narrow(values_, memory_.rounded + begin_ * size_of(memory_.rounded_as),
                   memory_.rounded_as, count_);
  }
}

template class Part<float>;
template class Part<double>;

}  // namespace roux
