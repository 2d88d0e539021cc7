#pragma once

#include <ATen/core/Tensor.h>

#include "roux/ops/attention.h"

namespace roux::ops {

struct AttentionKernels;

// The kernels that can compute this, or nullptr: then the reference does.
const AttentionKernels* find_attention_kernels(const at::Tensor& q, const at::Tensor& k,
                                               const at::Tensor& v, const AttentionLayout& layout,
                                               bool with_backward);

struct AttentionResult {
  at::Tensor out;
  at::Tensor lse;  // [heads, query rows], float32: see AttentionProblem
};

AttentionResult attention_cpu(const AttentionKernels& kernels, const at::Tensor& q,
                              const at::Tensor& k, const at::Tensor& v,
                              const AttentionLayout& layout, const AttentionOptions& options);

struct AttentionGradients {
  at::Tensor q, k, v;
};

AttentionGradients attention_cpu_backward(const AttentionKernels& kernels, const at::Tensor& q,
                                          const at::Tensor& k, const at::Tensor& v,
                                          const AttentionResult& result, const at::Tensor& grad_out,
                                          const AttentionLayout& layout,
                                          const AttentionOptions& options);

}  // namespace roux::ops
