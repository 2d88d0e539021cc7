#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "roux/base/error.h"
#include "roux/ops/keeping.h"
#include "roux/ops/moe.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// result[rows of e] = a[rows of e] · b(e), into the rows of one result.
template <typename Matrix>
at::Tensor by_group(const at::Tensor& a, std::int64_t columns,
                    const std::vector<std::int64_t>& offsets, const Matrix& b) {
  const at::Tensor result = at::empty({a.size(0), columns}, a.options().requires_grad(false));
  for (std::size_t e = 0; e + 1 < offsets.size(); ++e) {
    const std::int64_t count = offsets[e + 1] - offsets[e];
    if (count == 0) continue;
    at::Tensor rows = result.narrow(0, offsets[e], count);
    at::mm_out(rows, a.narrow(0, offsets[e], count), b(static_cast<std::int64_t>(e)));
  }
  return result;
}

struct GroupedLinear : torch::autograd::Function<GroupedLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::vector<std::int64_t>& offsets) {
    RECORD_FUNCTION("roux::grouped_linear", c10::ArrayRef<c10::IValue>{});
    const at::Tensor for_weight = weight.requires_grad() ? keep(*context, "x", x) : at::Tensor();
    context->save_for_backward({for_weight, weight});
    context->saved_data["offsets"] = offsets;
    return by_group(x, weight.size(1), offsets,
                    [&](std::int64_t e) { return weight.select(0, e).t(); });
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    RECORD_FUNCTION("roux::grouped_linear_backward", c10::ArrayRef<c10::IValue>{});
    if (at::GradMode::is_enabled()) {
      throw Error("grouped_linear has no second derivative (create_graph)");
    }
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& weight = saved[1];
    const std::vector<std::int64_t> offsets = context->saved_data["offsets"].toIntVector();
    const at::Tensor gradient = incoming.front().contiguous();
    at::Tensor of_x;
    at::Tensor of_weight;
    if (context->needs_input_grad(0)) {
      of_x = by_group(gradient, weight.size(2), offsets,
                      [&](std::int64_t e) { return weight.select(0, e); });
    }
    if (context->needs_input_grad(1)) {
      const at::Tensor x = kept(*context, "x", saved[0]);
      of_weight = at::empty(weight.sizes(), weight.options().requires_grad(false));
      for (std::int64_t e = 0; e < weight.size(0); ++e) {
        const std::int64_t begin = offsets[static_cast<std::size_t>(e)];
        const std::int64_t count = offsets[static_cast<std::size_t>(e) + 1] - begin;
        at::Tensor of_expert = of_weight.select(0, e);
        if (count == 0) {
          of_expert.zero_();
        } else {
          at::mm_out(of_expert, gradient.narrow(0, begin, count).t(), x.narrow(0, begin, count));
        }
      }
    }
    return {of_x, of_weight, {}};
  }
};

}  // namespace

at::Tensor grouped_linear(const at::Tensor& x, const at::Tensor& weight,
                          const std::vector<std::int64_t>& offsets) {
  require(x.dim() == 2 && weight.dim() == 3 && x.size(1) == weight.size(2),
          "grouped_linear: x is [rows, in], weight [experts, out, in]");
  require(static_cast<std::int64_t>(offsets.size()) == weight.size(0) + 1 && offsets.front() == 0 &&
              offsets.back() == x.size(0) && std::is_sorted(offsets.begin(), offsets.end()),
          "grouped_linear: one offset an expert, from 0 up to the rows of x");
  return GroupedLinear::apply(x.contiguous(), weight, offsets);
}

}  // namespace roux::ops
