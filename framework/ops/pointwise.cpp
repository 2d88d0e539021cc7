// The operations that go row by row, as autograd sees them: by kernels (passes.h) where there are
// some, else by the reference. In one unit, since custom_function.h costs 8 s.
#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <utility>

#include "ops/device_kernels.h"
#include "ops/gradient_in_place.h"
#include "ops/passes.h"
#include "ops/reference.h"
#include "roux/base/error.h"
#include "roux/ops/activation.h"
#include "roux/ops/dropout.h"
#include "roux/ops/embedding.h"
#include "roux/ops/keeping.h"
#include "roux/ops/norm.h"
#include "roux/ops/rotary.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// No inputs: a profiler would keep them alive.
#define ROUX_RECORD(name) RECORD_FUNCTION("roux::" name, c10::ArrayRef<c10::IValue>{})

// Whether autograd has to know of it. Where not, making a node would cost more than a small kernel.
template <typename... Tensors>
bool any_wanted(const Tensors&... inputs) {
  return at::GradMode::is_enabled() && ((inputs.defined() && inputs.requires_grad()) || ...);
}

void refuse_second_derivative(const char* operation) {
  if (at::GradMode::is_enabled()) {
    throw Error(cat(operation, " has no second derivative (create_graph)"));
  }
}

// What a kernel takes beside x: on the CPU, and no wider than float32.
bool goes_with_kernel(const at::Tensor& parameter) {
  return !parameter.defined() || (parameter.device().is_cpu() && parameter.is_floating_point() &&
                                  parameter.scalar_type() != at::kDouble);
}

// A Function takes no undefined tensor.
using MaybeTensor = std::optional<at::Tensor>;

MaybeTensor maybe(const at::Tensor& x) {
  return x.defined() ? MaybeTensor(x) : std::nullopt;
}

// Seen from within a forward pass.
bool wants_gradient(const MaybeTensor& x) {
  return x && x->requires_grad();
}

void check_norm(const at::Tensor& x, const at::Tensor& parameter) {
  require(x.dim() >= 1, "norm: x has a last dimension");
  require(!parameter.defined() || (parameter.dim() == 1 && parameter.size(0) == x.size(-1)),
          "norm: weight and bias are [size of x's last dimension]");
}

bool same_kind(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && a.device() == b.device();
}

struct RmsNorm : Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const MaybeTensor& maybe_weight, double eps, double offset) {
    const at::Tensor weight = maybe_weight.value_or(at::Tensor());
    passes::Normed normed = passes::rms_norm(x, weight, eps, offset);
    context->save_for_backward({keep(*context, "x", x), weight, normed.stats});
    context->saved_data["wants_weight"] = wants_gradient(maybe_weight);
    context->saved_data["offset"] = offset;
    if (remakes()) {
      offer(normed.y, {x}, [weight, eps, offset](const variable_list& inputs) {
        return passes::rms_norm(inputs[0], weight, eps, offset).y;
      });
    }
    return normed.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("rms_norm_backward");
    refuse_second_derivative("rms_norm");
    const variable_list saved = context->get_saved_variables();
    passes::NormGradients gradients = passes::rms_norm_backward(
        incoming[0], kept(*context, "x", saved[0]), saved[2], saved[1],
        context->saved_data["offset"].toDouble(), context->saved_data["wants_weight"].toBool());
    return {gradients.x, gradients.weight, {}, {}};
  }
};

struct LayerNorm : Function<LayerNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const MaybeTensor& maybe_weight, const MaybeTensor& maybe_bias,
                            double eps) {
    const at::Tensor weight = maybe_weight.value_or(at::Tensor());
    const at::Tensor bias = maybe_bias.value_or(at::Tensor());
    passes::Normed normed = passes::layer_norm(x, weight, bias, eps);
    context->save_for_backward({keep(*context, "x", x), weight, bias, normed.stats});
    context->saved_data["wants_weight"] = wants_gradient(maybe_weight);
    context->saved_data["wants_bias"] = wants_gradient(maybe_bias);
    if (remakes()) {
      offer(normed.y, {x}, [weight, bias, eps](const variable_list& inputs) {
        return passes::layer_norm(inputs[0], weight, bias, eps).y;
      });
    }
    return normed.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("layer_norm_backward");
    refuse_second_derivative("layer_norm");
    const variable_list saved = context->get_saved_variables();
    passes::NormGradients gradients = passes::layer_norm_backward(
        incoming[0], kept(*context, "x", saved[0]), saved[3], saved[1], saved[2],
        context->saved_data["wants_weight"].toBool(), context->saved_data["wants_bias"].toBool());
    return {gradients.x, gradients.weight, gradients.bias, {}};
  }
};

struct Rotate : Function<Rotate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cos,
                            const at::Tensor& sin) {
    context->save_for_backward({cos, sin});
    at::Tensor y = passes::rotate(x, {cos, sin}, /*back=*/false);
    if (remakes()) {
      offer_through(y, {x}, [cos, sin](const variable_list& inputs) {
        return passes::rotate(inputs[0], {cos, sin}, /*back=*/false);
      });
    }
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("rotate_backward");
    refuse_second_derivative("rotate");
    const variable_list saved = context->get_saved_variables();
    return {passes::rotate(incoming[0], {saved[0], saved[1]}, /*back=*/true), {}, {}};
  }
};

struct Activate : Function<Activate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, Activation activation) {
    context->save_for_backward({keep(*context, "x", x)});
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    at::Tensor y = passes::activate(x, activation);
    if (remakes()) {
      offer(y, {x}, [activation](const variable_list& inputs) {
        return passes::activate(inputs[0], activation);
      });
    }
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("activate_backward");
    refuse_second_derivative("activate");
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const variable_list saved = context->get_saved_variables();
    const at::Tensor x = kept(*context, "x", saved[0]);
    return {passes::activate_backward(incoming[0], x, activation), {}};
  }
};

struct Gated : Function<Gated> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate, const at::Tensor& up,
                            Activation activation) {
    context->save_for_backward({keep(*context, "gate", gate), keep(*context, "up", up)});
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    at::Tensor y = passes::gated(gate, up, activation);
    if (remakes()) {
      offer(y, {gate, up}, [activation](const variable_list& inputs) {
        return passes::gated(inputs[0], inputs[1], activation);
      });
    }
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("gated_backward");
    refuse_second_derivative("gated");
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const variable_list saved = context->get_saved_variables();
    auto [gate, up] = passes::gated_backward(incoming[0], kept(*context, "gate", saved[0]),
                                             kept(*context, "up", saved[1]), activation);
    return {context->needs_input_grad(0) ? gate : at::Tensor(),
            context->needs_input_grad(1) ? up : at::Tensor(),
            {}};
  }
};

struct Embedding : Function<Embedding> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight,
                            const at::Tensor& ids) {
    context->save_for_backward({ids, weight});
    return passes::embedding(weight, ids);
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("embedding_backward");
    refuse_second_derivative("embedding");
    const variable_list saved = context->get_saved_variables();
    const auto into = gradient_in_place(saved[1]);
    if (into && into->scalar_type() == at::kFloat) {
      passes::add_embedding_gradient(*into, incoming[0], saved[0]);
      return {{}, {}};
    }
    return {passes::embedding_backward(incoming[0], saved[0], saved[1].size(0)), {}};
  }
};

struct Dropout : Function<Dropout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double p,
                            std::uint64_t key, std::uint64_t first_element) {
    context->saved_data["p"] = p;
    context->saved_data["key"] = static_cast<std::int64_t>(key);
    context->saved_data["first"] = static_cast<std::int64_t>(first_element);
    at::Tensor y = passes::dropout(x, p, key, first_element);
    if (remakes()) {
      offer_through(y, {x}, [p, key, first_element](const variable_list& inputs) {
        return passes::dropout(inputs[0], p, key, first_element);
      });
    }
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    ROUX_RECORD("dropout_backward");
    refuse_second_derivative("dropout");
    auto& saved = context->saved_data;
    const auto number = [&](const char* name) {
      return static_cast<std::uint64_t>(saved[name].toInt());
    };
    return {passes::dropout(incoming[0], saved["p"].toDouble(), number("key"), number("first")),
            {},
            {},
            {}};
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                    double weight_offset) {
  ROUX_RECORD("rms_norm");
  check_norm(x, weight);
  if (const auto run = kernels_of(x).rms_norm) return run(x, weight, eps, weight_offset);
  if (!passes::runs_by_kernel(x) || !goes_with_kernel(weight)) {
    return reference::rms_norm(x, weight, eps, weight_offset);
  }
  if (any_wanted(x, weight)) return RmsNorm::apply(x, maybe(weight), eps, weight_offset);
  return passes::rms_norm(x, weight, eps, weight_offset).y;
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps) {
  ROUX_RECORD("layer_norm");
  check_norm(x, weight);
  check_norm(x, bias);
  if (const auto run = kernels_of(x).layer_norm) return run(x, weight, bias, eps);
  if (!passes::runs_by_kernel(x) || !goes_with_kernel(weight) || !goes_with_kernel(bias)) {
    return reference::layer_norm(x, weight, bias, eps);
  }
  if (any_wanted(x, weight, bias)) return LayerNorm::apply(x, maybe(weight), maybe(bias), eps);
  return passes::layer_norm(x, weight, bias, eps).y;
}

at::Tensor rotate(const at::Tensor& x, const Rotation& rotation) {
  ROUX_RECORD("rotate");
  require(x.dim() == 3 && rotation.cos.dim() == 2 && rotation.cos.size(0) == x.size(0) &&
              rotation.sin.sizes() == rotation.cos.sizes() && 2 * rotation.cos.size(1) <= x.size(2),
          "rotate: x is [tokens, heads, head_dim], cos and sin are [tokens, rotary_dim / 2]");
  if (const auto run = kernels_of(x).rotate) return run(x, rotation);
  if (!passes::runs_by_kernel(x) || rotation.cos.scalar_type() != at::kFloat ||
      rotation.sin.scalar_type() != at::kFloat || any_wanted(rotation.cos, rotation.sin)) {
    return reference::rotate(x, rotation);
  }
  if (any_wanted(x)) return Rotate::apply(x, rotation.cos, rotation.sin);
  return passes::rotate(x, rotation, /*back=*/false);
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
  ROUX_RECORD("activate");
  if (const auto run = kernels_of(x).activate) return run(x, activation);
  if (!passes::runs_by_kernel(x)) return reference::activate(x, activation);
  if (any_wanted(x)) return Activate::apply(x, activation);
  return passes::activate(x, activation);
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  ROUX_RECORD("gated");
  if (const auto run = kernels_of(gate).gated) return run(gate, up, activation);
  if (!passes::runs_by_kernel(gate) || !same_kind(gate, up)) {
    return reference::gated(gate, up, activation);
  }
  if (any_wanted(gate, up)) return Gated::apply(gate, up, activation);
  return passes::gated(gate, up, activation);
}

at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids) {
  ROUX_RECORD("embedding");
  require(weight.dim() == 2, "embedding: weight is [vocabulary, dim]");
  if (const auto run = kernels_of(weight).embedding) return run(weight, ids);
  if (ids.device().is_cpu()) passes::check_ids(ids, weight.size(0));
  if (!passes::runs_by_kernel(weight) || !ids.device().is_cpu()) return at::embedding(weight, ids);
  if (any_wanted(weight)) return Embedding::apply(weight, ids);
  return passes::embedding(weight, ids);
}

at::Tensor dropout(const at::Tensor& x, double p, const RandomStream& stream,
                   std::uint64_t first_element) {
  ROUX_RECORD("dropout");
  require(p >= 0.0 && p < 1.0, "dropout: p must be in [0, 1)");
  if (p == 0.0) return x;
  if (const auto run = kernels_of(x).dropout) return run(x, p, stream.key(), first_element);
  if (!passes::runs_by_kernel(x)) return reference::dropout(x, p, stream, first_element);
  if (any_wanted(x)) return Dropout::apply(x, p, stream.key(), first_element);
  return passes::dropout(x, p, stream.key(), first_element);
}

}  // namespace roux::ops
