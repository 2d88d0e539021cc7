#include "roux/ops/linear_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <utility>

#include "ops/cross_entropy_chunks.h"
#include "roux/base/error.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool wanted(const at::Tensor& x) {
  return x.defined() && x.requires_grad() && at::GradMode::is_enabled();
}

at::ScalarType compute_dtype(const at::Tensor& hidden) {
  return hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

CrossEntropyInputs checked(const at::Tensor& hidden, const at::Tensor& weight,
                           const at::Tensor& bias, const at::Tensor& targets,
                           const CrossEntropyOptions& options) {
  require(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1),
          "linear_cross_entropy: hidden is [tokens, dim], weight [vocabulary, dim]");
  require(hidden.scalar_type() == weight.scalar_type(),
          "linear_cross_entropy: hidden and weight have one dtype");
  require(!bias.defined() || (bias.dim() == 1 && bias.size(0) == weight.size(0)),
          "linear_cross_entropy: bias is [vocabulary]");
  require(
      targets.dim() == 1 && targets.size(0) == hidden.size(0) && targets.scalar_type() == at::kLong,
      "linear_cross_entropy: targets are [tokens], int64");
  require(options.label_smoothing >= 0.0 && options.label_smoothing <= 1.0 &&
              options.z_loss >= 0.0 && options.softcap >= 0.0 && options.chunk_rows >= 0,
          "linear_cross_entropy: label_smoothing is in [0, 1], and no option is negative");
  return {hidden.contiguous(), weight.contiguous(), bias, targets, options};
}

void refuse_second_derivative() {
  if (at::GradMode::is_enabled()) {
    throw Error("linear_cross_entropy has no second derivative (create_graph)");
  }
}

// The gradients are made with the loss, and handed out by the backward pass.
struct SumFunction : torch::autograd::Function<SumFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            const at::Tensor& targets, const CrossEntropyOptions& options,
                            const CrossEntropyWants& wants) {
    RECORD_FUNCTION("roux::linear_cross_entropy", c10::ArrayRef<c10::IValue>{});
    CrossEntropyResult result = cross_entropy_in_chunks(
        checked(hidden, weight, bias.value_or(at::Tensor()), targets, options), wants);
    const bool given_away = wants.weight_into.defined();
    context->saved_data["hidden"] = std::move(result.hidden);
    context->saved_data["weight"] = given_away ? at::Tensor() : std::move(result.weight);
    context->saved_data["bias"] = std::move(result.bias);
    context->saved_data["known_scale"] = given_away;
    context->saved_data["scale"] = wants.scale;
    context->saved_data["weight_dtype"] = weight.scalar_type();
    return result.losses.sum().to(compute_dtype(hidden));
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    RECORD_FUNCTION("roux::linear_cross_entropy_backward", c10::ArrayRef<c10::IValue>{});
    refuse_second_derivative();
    if (context->saved_data.empty()) {
      throw Error("linear_cross_entropy: its backward pass has run, and can't run again");
    }
    const auto saved = std::exchange(context->saved_data, {});
    const at::Tensor& scale = incoming.front();
    const bool known = saved.at("known_scale").toBool();
    if (known) expect(scale, saved.at("scale").toDouble());
    const bool is_one = known || (scale.device().is_cpu() && scale.item().toDouble() == 1.0);
    const auto scaled = [&](const char* name) {
      at::Tensor gradient = saved.at(name).toTensor();
      if (gradient.defined() && !is_one) gradient.mul_(scale);
      return gradient;
    };
    at::Tensor weight = scaled("weight");
    if (weight.defined()) weight = weight.to(saved.at("weight_dtype").toScalarType());
    return {scaled("hidden"), weight, scaled("bias"), {}, {}, {}};
  }

  static void expect(const at::Tensor& incoming, double scale) {
    if (!incoming.device().is_cpu()) return;  // asking would wait for the device
    const double given = incoming.item().toDouble();
    require(static_cast<float>(given) == static_cast<float>(scale),
            cat("linear_cross_entropy: the weight's gradient was made for a backward pass of ",
                scale, ", but it is ", given));
  }
};

struct PerTokenFunction : torch::autograd::Function<PerTokenFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            const at::Tensor& targets, const CrossEntropyOptions& options,
                            const CrossEntropyWants& wants) {
    RECORD_FUNCTION("roux::linear_cross_entropy_per_token", c10::ArrayRef<c10::IValue>{});
    const at::Tensor given_bias = bias.value_or(at::Tensor());
    context->save_for_backward({hidden, weight, given_bias, targets});
    context->saved_data["wants_hidden"] = wants.hidden;
    context->saved_data["wants_weight"] = wants.weight;
    context->saved_data["wants_bias"] = wants.bias;
    context->saved_data["label_smoothing"] = options.label_smoothing;
    context->saved_data["z_loss"] = options.z_loss;
    context->saved_data["softcap"] = options.softcap;
    context->saved_data["ignore_index"] = options.ignore_index;
    context->saved_data["chunk_rows"] = options.chunk_rows;
    return losses(checked(hidden, weight, given_bias, targets, options));
  }

  static at::Tensor losses(const CrossEntropyInputs& inputs) {
    return cross_entropy_in_chunks(inputs, {}).losses.to(compute_dtype(inputs.hidden));
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    RECORD_FUNCTION("roux::linear_cross_entropy_per_token_backward", c10::ArrayRef<c10::IValue>{});
    refuse_second_derivative();
    const variable_list saved = context->get_saved_variables();
    auto& data = context->saved_data;
    const CrossEntropyOptions options{
        .label_smoothing = data["label_smoothing"].toDouble(),
        .z_loss = data["z_loss"].toDouble(),
        .softcap = data["softcap"].toDouble(),
        .ignore_index = data["ignore_index"].toInt(),
        .chunk_rows = data["chunk_rows"].toInt(),
    };
    CrossEntropyResult result =
        cross_entropy_in_chunks(checked(saved[0], saved[1], saved[2], saved[3], options),
                                {.hidden = data["wants_hidden"].toBool(),
                                 .weight = data["wants_weight"].toBool(),
                                 .bias = data["wants_bias"].toBool(),
                                 .scales = incoming.front()});
    if (result.weight.defined()) result.weight = result.weight.to(saved[1].scalar_type());
    return {result.hidden, result.weight, result.bias, {}, {}, {}};
  }
};

// A Function takes no undefined tensor.
std::optional<at::Tensor> given(const at::Tensor& bias) {
  return bias.defined() ? std::optional(bias) : std::nullopt;
}

CrossEntropyWants wants_of(const at::Tensor& hidden, const at::Tensor& weight,
                           const at::Tensor& bias) {
  return {.hidden = wanted(hidden), .weight = wanted(weight), .bias = wanted(bias)};
}

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight,
                                const at::Tensor& bias, const at::Tensor& targets,
                                const CrossEntropyOptions& options) {
  return SumFunction::apply(hidden, weight, given(bias), targets, options,
                            wants_of(hidden, weight, bias));
}

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight,
                                const at::Tensor& bias, const at::Tensor& targets,
                                const CrossEntropyOptions& options,
                                const WeightGradient& gradient) {
  require(gradient.into.sizes() == weight.sizes() && gradient.into.is_contiguous() &&
              gradient.into.scalar_type() == compute_dtype(hidden),
          "linear_cross_entropy: the weight's gradient is contiguous, of the weight's shape, and "
          "float32 (float64 for float64)");
  CrossEntropyWants wants = wants_of(hidden, weight, bias);
  if (at::GradMode::is_enabled()) {
    wants.weight = true;
    wants.weight_into = gradient.into;
    wants.scale = gradient.scale;
    wants.add = gradient.add;
  }
  return SumFunction::apply(hidden, weight, given(bias), targets, options, wants);
}

at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options) {
  return PerTokenFunction::apply(hidden, weight, given(bias), targets, options,
                                 wants_of(hidden, weight, bias));
}

}  // namespace roux::ops
