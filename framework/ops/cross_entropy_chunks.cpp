#include "ops/cross_entropy_chunks.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "ops/kernels/cross_entropy.h"
#include "ops/matmul_into.h"
#include "roux/base/error.h"

namespace roux::ops {
namespace {

// The tokens whose target counts.
struct Counted {
  at::Tensor targets;  // [count], int64
  at::Tensor tokens;   // [count], int64: where they lie; undefined if all count
};

Counted count(const CrossEntropyInputs& inputs) {
  const std::int64_t tokens = inputs.targets.size(0);
  const std::int64_t vocabulary = inputs.weight.size(0);
  const std::int64_t ignored = inputs.options.ignore_index;
  const at::Tensor all = inputs.targets.cpu().contiguous();
  const auto* targets = all.const_data_ptr<std::int64_t>();
  std::int64_t counted = 0;
  for (std::int64_t i = 0; i < tokens; ++i) {
    if (targets[i] == ignored) continue;
    ++counted;
    if (targets[i] >= 0 && targets[i] < vocabulary) continue;
    throw Error(cat("linear_cross_entropy: a target must be ", ignored,
                    " (ignored), or at least 0 and less than the vocabulary's ", vocabulary,
                    ", but that of token ", i, " is ", targets[i]));
  }
  if (counted == tokens) return {inputs.targets.contiguous(), {}};

  const auto options = all.options();
  at::Tensor kept = at::empty({counted}, options);
  at::Tensor places = at::empty({counted}, options);
  auto* kept_data = kept.mutable_data_ptr<std::int64_t>();
  auto* place_data = places.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < tokens; ++i) {
    if (targets[i] == ignored) continue;
    *kept_data++ = targets[i];
    *place_data++ = i;
  }
  return {kept.to(inputs.targets.device()), places.to(inputs.targets.device())};
}

// A chunk of logits that outlives its call: fresh pages would cost a tenth of the softmax each
// time. One a thread; whoever comes while it is in use gets a buffer of its own.
class Workspace {
 public:
  explicit Workspace(std::int64_t count, const at::TensorOptions& options) {
    if (kept_.defined() && kept_.numel() >= count && kept_.device() == options.device() &&
        kept_.dtype() == options.dtype()) {
      buffer_ = std::exchange(kept_, {});
    } else {
      kept_.reset();
      buffer_ = at::empty({count}, options);
    }
  }
  ~Workspace() { kept_ = std::move(buffer_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  at::Tensor rows(std::int64_t rows, std::int64_t columns) const {
    return buffer_.narrow(0, 0, rows * columns).view({rows, columns});
  }

 private:
  static thread_local at::Tensor kept_;
  at::Tensor buffer_;
};

thread_local at::Tensor Workspace::kept_;

// One chunk's logits on their way to losses and gradients.
struct Chunk {
  at::Tensor logits;   // [rows, vocabulary], float32 or float64
  at::Tensor targets;  // [rows]
  at::Tensor scales;   // [rows], or undefined
  at::Tensor losses;   // [rows], float64: the result
};

CrossEntropyRows rows_of(const Chunk& chunk, const at::Tensor& bias, double scale,
                         const CrossEntropyOptions& options) {
  return {
      .logits = chunk.logits.mutable_data_ptr<float>(),
      .vocabulary = chunk.logits.size(1),
      .bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr,
      .targets = chunk.targets.const_data_ptr<std::int64_t>(),
      .scales = chunk.scales.defined() ? chunk.scales.const_data_ptr<float>() : nullptr,
      .scale = scale,
      .losses = chunk.losses.mutable_data_ptr<double>(),
      .label_smoothing = options.label_smoothing,
      .z_loss = options.z_loss,
      .softcap = options.softcap,
  };
}

// Returns the logits' gradient in `dtype`, which lies where the logits lay.
at::Tensor by_kernels(const CrossEntropyKernels& kernels, const Chunk& chunk,
                      const CrossEntropyRows& rows, bool gradients, at::ScalarType dtype) {
  const bool halves = dtype == at::kBFloat16;
  const auto work = !gradients ? kernels.losses
                    : halves   ? kernels.gradients_bfloat16
                               : kernels.gradients;
  at::parallel_for(0, chunk.logits.size(0), 1,
                   [&](std::int64_t begin, std::int64_t end) { work(rows, begin, end); });
  if (!gradients) return {};
  if (halves) return chunk.logits.view(at::kBFloat16).narrow(1, 0, chunk.logits.size(1));
  return chunk.logits.to(dtype);
}

at::Tensor by_reference(const Chunk& chunk, const at::Tensor& bias, double scale,
                        const CrossEntropyOptions& options, bool gradients, at::ScalarType dtype) {
  at::Tensor logits = chunk.logits;
  const double smoothing = options.label_smoothing;
  if (bias.defined()) logits.add_(bias);
  if (options.softcap > 0.0) logits.div_(options.softcap).tanh_().mul_(options.softcap);

  const at::Tensor targets = chunk.targets.unsqueeze(1);
  const at::Tensor logsumexp = at::logsumexp(logits, 1, /*keepdim=*/true);
  at::Tensor loss = logsumexp - (1.0 - smoothing) * logits.gather(1, targets);
  if (smoothing > 0.0) loss -= smoothing * logits.mean(1, /*keepdim=*/true);
  if (options.z_loss > 0.0) loss += options.z_loss * logsumexp.square();
  at::Tensor(chunk.losses).copy_(loss.squeeze(1));
  if (!gradients) return {};

  at::Tensor gradient = at::exp(logits - logsumexp);
  if (options.z_loss > 0.0) gradient *= 1.0 + 2.0 * options.z_loss * logsumexp;
  gradient -= smoothing / static_cast<double>(logits.size(1));
  gradient.scatter_add_(1, targets, (smoothing - 1.0) * at::ones_like(logsumexp));
  if (options.softcap > 0.0) gradient *= 1.0 - (logits / options.softcap).square();
  if (chunk.scales.defined()) gradient *= chunk.scales.unsqueeze(1);
  if (scale != 1.0) gradient *= scale;
  return gradient.to(dtype);
}

// Each chunk reads and writes the weight's gradient once, which costs the more beside the faster
// products of bfloat16. Measured: docs/benchmarks.md.
std::int64_t rows_of_a_chunk(const CrossEntropyInputs& inputs, std::int64_t counted) {
  counted = std::max<std::int64_t>(counted, 1);
  if (inputs.options.chunk_rows > 0) return std::min(inputs.options.chunk_rows, counted);
  const std::int64_t bytes = (inputs.hidden.element_size() < 4 ? 128 : 64) << 20;
  const std::int64_t row = 4 * std::max<std::int64_t>(inputs.weight.size(0), 1);
  const std::int64_t most = std::clamp<std::int64_t>(bytes / row, 64, 2048);
  const std::int64_t chunks = (counted + most - 1) / most;
  return (counted + chunks - 1) / chunks;  // all of about one size
}

// The gradients, as they grow from chunk to chunk.
class Gradients {
 public:
  Gradients(const CrossEntropyInputs& inputs, const CrossEntropyWants& wants,
            const Counted& counted, std::int64_t chunk_rows, at::ScalarType compute)
      : inputs_(inputs), tokens_(counted.tokens), add_(wants.add) {
    const auto options = inputs.hidden.options().dtype(compute).requires_grad(false);
    const std::int64_t dim = inputs.hidden.size(1);
    if (wants.hidden) {
      result_.hidden = counted.tokens.defined()
                           ? at::zeros(inputs.hidden.sizes(), inputs.hidden.options())
                           : at::empty(inputs.hidden.sizes(), inputs.hidden.options());
      if (counted.tokens.defined() || result_.hidden.scalar_type() != compute) {
        rows_ = at::empty({chunk_rows, dim}, options);
      }
    }
    if (wants.weight) {
      result_.weight = wants.weight_into.defined() ? wants.weight_into
                                                   : at::empty(inputs.weight.sizes(), options);
    }
    if (wants.bias) result_.bias = at::zeros({inputs.weight.size(0)}, options);
  }

  // `hidden` and `logits` (their gradient) are those of the counted rows from `begin` on.
  void add(std::int64_t begin, const at::Tensor& hidden, const at::Tensor& logits) {
    if (result_.hidden.defined()) add_hidden(begin, logits);
    if (result_.weight.defined()) {
      matmul_into(result_.weight, logits.t(), hidden, add_ ? 1.0 : 0.0);
      add_ = true;
    }
    if (result_.bias.defined()) {
      result_.bias.add_(at::sum(logits, 0, /*keepdim=*/false, result_.bias.scalar_type()));
    }
  }

  CrossEntropyResult finish(at::Tensor losses) {
    if (result_.weight.defined() && !add_) result_.weight.zero_();  // no chunk has written it
    result_.losses = std::move(losses);
    return std::move(result_);
  }

 private:
  void add_hidden(std::int64_t begin, const at::Tensor& logits) {
    const std::int64_t count = logits.size(0);
    if (!rows_.defined()) {
      matmul_into(result_.hidden.narrow(0, begin, count), logits, inputs_.weight, 0.0);
      return;
    }
    const at::Tensor rows = rows_.narrow(0, 0, count);
    matmul_into(rows, logits, inputs_.weight, 0.0);
    if (tokens_.defined()) {
      result_.hidden.index_copy_(0, tokens_.narrow(0, begin, count),
                                 rows.to(result_.hidden.scalar_type()));
    } else {
      result_.hidden.narrow(0, begin, count).copy_(rows);
    }
  }

  const CrossEntropyInputs& inputs_;
  at::Tensor tokens_;
  at::Tensor rows_;
  bool add_;
  CrossEntropyResult result_;
};

at::Tensor chosen(const at::Tensor& all, const at::Tensor& tokens) {
  return tokens.defined() ? all.index_select(0, tokens) : all;
}

}  // namespace

CrossEntropyResult cross_entropy_in_chunks(const CrossEntropyInputs& inputs,
                                           const CrossEntropyWants& wants) {
  const at::NoGradGuard no_grad;
  const auto dtype = inputs.hidden.scalar_type();
  const auto compute = dtype == at::kDouble ? at::kDouble : at::kFloat;
  const auto options = inputs.hidden.options().dtype(compute).requires_grad(false);
  const std::int64_t vocabulary = inputs.weight.size(0);
  const bool gradients = wants.hidden || wants.weight || wants.bias;
  const bool on_cpu = inputs.hidden.device().is_cpu();
  const CrossEntropyKernels* kernels =
      on_cpu && compute == at::kFloat ? find_cross_entropy_kernels() : nullptr;

  const Counted counted = count(inputs);
  const std::int64_t rows = counted.targets.size(0);
  const std::int64_t step = rows_of_a_chunk(inputs, rows);
  const at::Tensor bias =
      inputs.bias.defined() ? inputs.bias.to(compute).contiguous() : at::Tensor();
  const at::Tensor scales = wants.scales.defined()
                                ? chosen(wants.scales.to(compute).contiguous(), counted.tokens)
                                : at::Tensor();
  const Workspace workspace(step * vocabulary, options);
  at::Tensor losses = at::empty({rows}, options.dtype(at::kDouble));
  Gradients result(inputs, wants, counted, step, compute);

  for (std::int64_t begin = 0; begin < rows; begin += step) {
    const std::int64_t size = std::min(step, rows - begin);
    const auto part = [&](const at::Tensor& x) {
      return x.defined() ? x.narrow(0, begin, size) : x;
    };
    const at::Tensor hidden = counted.tokens.defined()
                                  ? inputs.hidden.index_select(0, part(counted.tokens))
                                  : part(inputs.hidden);
    const Chunk chunk{workspace.rows(size, vocabulary), part(counted.targets), part(scales),
                      part(losses)};
    matmul_into(chunk.logits, hidden, inputs.weight.t(), 0.0);
    const at::Tensor gradient =
        kernels != nullptr
            ? by_kernels(*kernels, chunk, rows_of(chunk, bias, wants.scale, inputs.options),
                         gradients, dtype)
            : by_reference(chunk, bias, wants.scale, inputs.options, gradients, dtype);
    if (gradients) result.add(begin, hidden, gradient);
  }
  if (counted.tokens.defined()) {
    losses =
        at::zeros(inputs.targets.sizes(), losses.options()).index_copy_(0, counted.tokens, losses);
  }
  return result.finish(std::move(losses));
}

}  // namespace roux::ops
