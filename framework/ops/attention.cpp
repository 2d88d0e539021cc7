#include "roux/ops/attention.h"

#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>

#include "ops/attention_cpu.h"
#include "ops/reference.h"
#include "roux/base/error.h"
#include "roux/ops/keeping.h"

namespace roux::ops {
namespace {

void check(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
           const AttentionLayout& layout, const AttentionOptions& options) {
  require(q.dim() == 3 && k.dim() == 3 && v.dim() == 3,
          "attention: q, k and v must be [rows, heads, dim]");
  require(q.scalar_type() == k.scalar_type() && k.scalar_type() == v.scalar_type(),
          "attention: q, k and v must have one dtype");
  require(q.device() == k.device() && k.device() == v.device(),
          "attention: q, k and v must be on one device");
  require(k.size(0) == v.size(0) && k.size(1) == v.size(1),
          "attention: k and v must have the same rows and heads");
  require(q.size(2) == k.size(2), "attention: q and k must have the same head_dim");
  require(k.size(1) > 0 && q.size(1) % k.size(1) == 0,
          "attention: the heads of q must be a multiple of those of k");
  require(!options.window || (options.causal && *options.window >= 1),
          "attention: a window must be at least 1, and causal");
  require(options.softcap >= 0.0, "attention: softcap must be 0 or more");
  for (const AttentionSpan& span : layout.spans()) {
    require(span.query_begin + span.query_length <= q.size(0) &&
                span.key_begin + span.key_length <= k.size(0),
            "attention: the layout must lie within the rows of q and k");
  }
}

struct Settings : torch::CustomClassHolder {
  Settings(AttentionLayout the_layout, AttentionOptions the_options)
      : layout(std::move(the_layout)), options(the_options) {}

  AttentionLayout layout;
  AttentionOptions options;
};

class AttentionFunction : public torch::autograd::Function<AttentionFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q,
                            const at::Tensor& k, const at::Tensor& v,
                            const AttentionKernels* kernels, const AttentionLayout& layout,
                            const AttentionOptions& options) {
    const AttentionResult result = attention_cpu(*kernels, q, k, v, layout, options);
    context->save_for_backward({keep(*context, "q", q), keep(*context, "k", k),
                                keep(*context, "v", v), keep(*context, "out", result.out),
                                result.lse});
    context->saved_data["settings"] =
        c10::IValue::make_capsule(c10::make_intrusive<Settings>(layout, options));
    return result.out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    RECORD_FUNCTION("roux::attention_backward", std::vector<c10::IValue>());
    require(!at::GradMode::is_enabled(), "attention: there is no second derivative");
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data.at("settings").toCapsule();
    const auto& settings = static_cast<const Settings&>(*capsule);
    const at::Tensor q = kept(*context, "q", saved[0]);
    const at::Tensor k = kept(*context, "k", saved[1]);
    const at::Tensor v = kept(*context, "v", saved[2]);
    const AttentionResult result{kept(*context, "out", saved[3]), saved[4]};
    const AttentionKernels* kernels = find_attention_kernels(q, k, v, settings.layout, true);
    require(kernels != nullptr, "attention: the kernels of the forward must be there");
    const AttentionGradients gradients = attention_cpu_backward(*kernels, q, k, v, result, grads[0],
                                                                settings.layout, settings.options);
    return {gradients.q, gradients.k, gradients.v, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const AttentionLayout& layout, const AttentionOptions& options) {
  RECORD_FUNCTION("roux::attention", std::vector<c10::IValue>());
  check(q, k, v, layout, options);
  const bool with_backward =
      at::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad() || v.requires_grad());
  const AttentionKernels* kernels = find_attention_kernels(q, k, v, layout, with_backward);
  if (kernels == nullptr) return reference::attention(q, k, v, layout, options);
  if (!with_backward) return attention_cpu(*kernels, q, k, v, layout, options).out;
  return AttentionFunction::apply(q, k, v, kernels, layout, options);
}

}  // namespace roux::ops
