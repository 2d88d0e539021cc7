#include "parity/compare.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <sstream>

#include "parity/expected.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"

namespace roux::parity {
namespace {

// ‖got − wanted‖ / ‖wanted‖; 0 where both are nothing.
double relative_difference(const at::Tensor& got, const at::Tensor& wanted) {
  const double apart = (got.to(at::kDouble) - wanted.to(at::kDouble)).norm().item<double>();
  const double size = wanted.to(at::kDouble).norm().item<double>();
  if (apart == 0.0) return 0.0;
  return size > 0.0 ? apart / size : std::numeric_limits<double>::infinity();
}

double largest_difference(const at::Tensor& got, const at::Tensor& wanted) {
  return (got.to(at::kDouble) - wanted.to(at::kDouble)).abs().max().item<double>();
}

// "transformer.h.0.ln_1.weight" and "h.0.ln_1.weight" are one tensor: OpenAI's own GPT-2 checkpoint
// has the short names, and transformers writes the long ones. Of a model that also sees, the text
// part is written alone.
std::string plain_name(const std::string& name) {
  for (const auto& [from, to] :
       {std::pair("transformer.", ""), std::pair("language_model.model.", "model."),
        std::pair("model.language_model.", "model."),
        std::pair("language_model.lm_head.", "lm_head.")}) {
    if (name.starts_with(from)) return to + name.substr(std::string_view(from).size());
  }
  return name;
}

// No parameter of ours: GPT-2's causal masks, which that checkpoint holds beside its parameters,
// and the eyes of Gemma 3.
bool is_left_out(const std::string& name) {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
         name.find("vision_tower.") != std::string::npos ||
         name.find("multi_modal_projector.") != std::string::npos;
}

std::map<std::string, at::Tensor> read_checkpoint(const std::filesystem::path& folder) {
  const SafetensorsReader reader(folder);
  std::map<std::string, at::Tensor> tensors;
  for (const StoredTensor& tensor : reader.tensors()) {
    if (!is_left_out(tensor.name)) {
      tensors.emplace(plain_name(tensor.name), read_tensor(reader, tensor.name));
    }
  }
  return tensors;
}

// The gradients as a checkpoint would hold them: exported in the place of the parameters.
Gradients exported_gradients(LanguageModel& model) {
  const at::NoGradGuard guard;
  std::vector<at::Tensor> values;
  for (at::Tensor& parameter : model.parameters()) {
    values.push_back(parameter.clone());
    if (parameter.grad().defined()) {
      parameter.copy_(parameter.grad());
    } else {
      parameter.zero_();
    }
  }
  const TemporaryFolder scratch;
  export_huggingface(model, scratch.path() / "gradients");
  std::size_t next = 0;
  for (at::Tensor& parameter : model.parameters()) parameter.copy_(values[next++]);
  return read_checkpoint(scratch.path() / "gradients");
}

void drop_gradients(LanguageModel& model) {
  for (at::Tensor& parameter : model.parameters()) parameter.mutable_grad() = at::Tensor();
}

class Comparer {
 public:
  Comparer(std::filesystem::path folder, Comparison& comparison)
      : folder_(std::move(folder)), expected_(read_expected(folder_)), comparison_(comparison) {
    comparison_.name = expected_.name;
    comparison_.family = expected_.family;
  }

  void compare_arrangement(Arrangement arrangement, const std::string& suffix) {
    const auto model = load(DType::Float32);
    const ArrangedBatch arranged = arrange(expected_, arrangement);

    note("logits" + suffix, largest_difference(real_logits(*model, arranged), expected_.logits));

    const LanguageModelLoss loss = model->loss(arranged.batch, arranged.targets);
    note("loss" + suffix, relative_difference(loss.sum, expected_.loss.value));
    loss.sum.backward();
    compare_gradients("gradient" + suffix, *model, expected_.loss.gradients, 1.0);

    if (expected_.balance) {
      drop_gradients(*model);
      const at::Tensor balance = model->loss(arranged.batch, arranged.targets).auxiliary;
      if (!balance.defined()) {
        problem("the model has no auxiliary loss");
        return;
      }
      const double coefficient = expected_.balance_coefficient;
      note("balance" + suffix,
           relative_difference(balance / coefficient, expected_.balance->value));
      balance.backward();
      compare_gradients("balance gradient" + suffix, *model, expected_.balance->gradients,
                        coefficient);
    }
  }

  // The documents side by side in a cache, `first` tokens of each at once and then `later` at a
  // time, until all have ended.
  void compare_cache(std::int64_t first, std::int64_t later) {
    const at::NoGradGuard guard;
    const auto model = load(DType::Float32);
    const at::Tensor without = real_logits(*model, arrange(expected_, Arrangement::Packed));
    const auto lengths = expected_.lengths();
    nn::KeyValueCache cache =
        model->make_cache(expected_.documents(), *std::ranges::max_element(lengths));

    std::vector<std::vector<at::Tensor>> parts(lengths.size());
    std::vector<std::int64_t> done(lengths.size(), 0);
    for (std::int64_t step = std::max(first, expected_.cache_from); done != lengths; step = later) {
      std::vector<at::Tensor> ids;
      std::vector<std::int64_t> counts;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        counts.push_back(std::min(step, lengths[i] - done[i]));
        ids.push_back(expected_.ids.narrow(0, expected_.cu_seqlens[i] + done[i], counts.back()));
        done[i] += counts.back();
      }
      const nn::TokenBatch batch = cache.extend(at::cat(ids), counts);
      const at::Tensor logits = model->logits(model->forward(batch, &cache).hidden);
      std::int64_t row = 0;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        parts[i].push_back(logits.narrow(0, row, counts[i]));
        row += counts[i];
      }
    }
    std::vector<at::Tensor> documents;
    for (const auto& document : parts) documents.push_back(at::cat(document));
    const at::Tensor logits = at::cat(documents);
    note("logits, cached", largest_difference(logits, expected_.logits));
    note("cached to not cached", largest_difference(logits, without));
  }

  void compare_bfloat16() {
    const at::NoGradGuard guard;
    const auto model = load(DType::BFloat16);
    const ArrangedBatch arranged = arrange(expected_, Arrangement::Packed);
    const at::Tensor apart = (real_logits(*model, arranged) - expected_.logits).norm(2, 1);
    // The median token: rounding may send single ones to another expert.
    note("logits, bfloat16", (apart / expected_.logits.norm(2, 1)).median().item<double>());
  }

  // In and out again: the same tensors, bit for bit, in their dtypes.
  void compare_export(std::optional<DType> dtype, const std::filesystem::path& target) {
    const LoadedModel loaded = load_huggingface(folder_, ModelFamilies::standard(), dtype);
    ExportOptions options;
    options.stored_dtypes = loaded.stored_dtypes;
    export_huggingface(*loaded.model, target, options);

    const auto wanted = read_checkpoint(folder_);
    const auto got = read_checkpoint(target);
    for (const auto& [name, tensor] : wanted) {
      const auto found = got.find(name);
      if (found == got.end()) {
        problem("the export lacks " + name);
      } else if (found->second.scalar_type() != tensor.scalar_type()) {
        problem("the export has another dtype for " + name);
      } else if (!found->second.equal(tensor)) {
        problem("the export has other values for " + name);
      }
    }
    for (const auto& [name, tensor] : got) {
      if (!wanted.contains(name)) problem("the export has " + name + ", which was not there");
    }
  }

  bool has_mixed_dtypes() const { return expected_.mixed_dtypes; }

  void problem(std::string text) { comparison_.problems.push_back(std::move(text)); }

 private:
  std::shared_ptr<LanguageModel> load(DType dtype) const {
    return load_huggingface(folder_, ModelFamilies::standard(), dtype).model;
  }

  static at::Tensor real_logits(LanguageModel& model, const ArrangedBatch& arranged) {
    const at::NoGradGuard guard;
    const at::Tensor logits = model.logits(model.forward(arranged.batch).hidden);
    return logits.index_select(0, arranged.real).to(at::kFloat);
  }

  void note(const std::string& name, double difference, const std::string& of = {}) {
    comparison_.note(name, difference, of);
  }

  // `scale`: by how much ours are larger.
  void compare_gradients(const std::string& what, LanguageModel& model, const Gradients& wanted,
                         double scale) {
    const Gradients got = exported_gradients(model);
    for (const auto& [name, gradient] : wanted) {
      const auto found = got.find(plain_name(name));
      if (found == got.end()) {
        problem(what + ": we have none for " + name);
      } else {
        note(what, relative_difference(found->second / scale, gradient), name);
      }
    }
    if (got.size() != wanted.size()) {
      problem(what + ": we have " + std::to_string(got.size()) + " tensors, the reference has " +
              std::to_string(wanted.size()));
    }
  }

  std::filesystem::path folder_;
  Expected expected_;
  Comparison& comparison_;
};

}  // namespace

void Comparison::note(const std::string& what, double difference, const std::string& of) {
  auto [entry, is_new] = differences.emplace(what, difference);
  if (!(difference <= entry->second)) entry->second = difference;
  if (!(difference <= tolerance_of(what))) {
    std::ostringstream text;
    text << what << (of.empty() ? "" : " of " + of) << " must be within " << tolerance_of(what)
         << ", but is apart by " << difference;
    problems.push_back(text.str());
  }
}

double tolerance_of(const std::string& difference) {
  if (difference == "logits, bfloat16" || difference == "training loss, bfloat16") return 0.03;
  if (difference == "training gradient norm, bfloat16") return 0.1;
  if (difference.starts_with("learning rate")) return 1e-9;
  if (difference.starts_with("loss") || difference.starts_with("balance")) {
    return difference.find("gradient") == std::string::npos ? 1e-5 : 1e-4;
  }
  return 1e-4;
}

Comparison compare_with_reference(const std::filesystem::path& folder,
                                  const std::optional<std::filesystem::path>& export_to) {
  Comparison comparison;
  Comparer comparer(folder, comparison);
  const auto attempt = [&](const std::string& what, const std::function<void()>& action) {
    try {
      action();
    } catch (const std::exception& error) {
      const std::string text = error.what();  // LibTorch's errors go on with a backtrace
      comparer.problem(what + ": " + text.substr(0, text.find("\nException raised from")));
    }
  };
  attempt("packed", [&] { comparer.compare_arrangement(Arrangement::Packed, ""); });
  attempt("right padded",
          [&] { comparer.compare_arrangement(Arrangement::RightPadded, ", right padded"); });
  attempt("left padded",
          [&] { comparer.compare_arrangement(Arrangement::LeftPadded, ", left padded"); });
  attempt("token by token", [&] { comparer.compare_cache(1, 1); });
  attempt("a prompt, then token by token", [&] { comparer.compare_cache(11, 1); });
  attempt("in chunks", [&] { comparer.compare_cache(5, 3); });
  attempt("bfloat16", [&] { comparer.compare_bfloat16(); });
  const TemporaryFolder scratch;
  attempt("export from float32", [&] {
    comparer.compare_export(DType::Float32, export_to.value_or(scratch.path() / "wide"));
  });
  // In the dtype of most of its elements a model can't hold what others have in float32.
  if (!comparer.has_mixed_dtypes()) {
    attempt("export", [&] { comparer.compare_export({}, scratch.path() / "as it was"); });
  }
  return comparison;
}

}  // namespace roux::parity
