#pragma once

#include <ATen/core/Tensor.h>

#include "roux/base/random.h"
#include "roux/ops/activation.h"
#include "roux/ops/attention.h"
#include "roux/ops/linear_cross_entropy.h"
#include "roux/ops/rotary.h"

// Every operation in plain ATen, differentiated by autograd: what the kernels are held to, and what
// runs where there is no kernel (an unknown CPU or device, float64 unless said otherwise). The
// contracts are those of the operations of the same name in roux/ops/.
namespace roux::ops::reference {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                    double weight_offset);
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps);
at::Tensor rotate(const at::Tensor& x, const Rotation& rotation);
at::Tensor activate(const at::Tensor& x, Activation activation);
at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation);
at::Tensor dropout(const at::Tensor& x, double p, const RandomStream& stream,
                   std::uint64_t first_element);
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const AttentionLayout& layout, const AttentionOptions& options);
at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options);

}  // namespace roux::ops::reference
