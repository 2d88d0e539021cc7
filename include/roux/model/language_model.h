#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/model/tensor_map.h"
#include "roux/nn/block_stack.h"
#include "roux/nn/finite_checks.h"
#include "roux/nn/key_value_cache.h"
#include "roux/nn/module.h"
#include "roux/nn/projection.h"
#include "roux/nn/token_batch.h"
#include "roux/ops/linear_cross_entropy.h"

namespace roux {

// What a pass over a batch leaves, before it becomes logits.
struct HiddenStates {
  at::Tensor hidden;                      // [tokens, dim], after the last norm
  std::vector<at::Tensor> router_logits;  // of the layers that route
};

struct LanguageModelLoss {
  at::Tensor sum;        // over the targets that count; float32, of a float64 model float64
  at::Tensor auxiliary;  // to be added to the mean loss; undefined where the model has none
};

// When the gradient of the last projection's weight is made.
enum class HeadGradient {
  InBackward,  // as any other

  // With the loss, where the weight has its gradient already (nn::FlatParameters): added to it in
  // place, without a tensor of the vocabulary's size. Requires: backward() begins at the loss's sum
  // as it is, or at what it was added to. Not for weights in float16, whose loss is scaled.
  WithLoss,
};

// The model as a Hugging Face folder tells it.
struct HuggingFaceForm {
  std::string config;  // the text of config.json
  TensorMap tensors;
};

// A model that says how likely each next token is.
//
// Built on the meta device (nn::Module says why); FlatParameters give it memory, load_weights()
// values.
class LanguageModel : public nn::Module {
 public:
  // With a cache, the batch must be one that the cache's extend() made.
  virtual HiddenStates forward(const nn::TokenBatch& batch, nn::KeyValueCache* cache = nullptr) = 0;

  // The last projection, soft-capped where the model does so: [tokens, dim] -> [tokens,
  // vocabulary].
  virtual at::Tensor logits(const at::Tensor& hidden) = 0;

  // `targets`: [tokens], the id that should follow each token, or options.ignore_index. The logits
  // are never held whole. The model's own soft-capping is added to the options.
  virtual LanguageModelLoss loss(const nn::TokenBatch& batch, const at::Tensor& targets,
                                 ops::CrossEntropyOptions options = {},
                                 HeadGradient head_gradient = HeadGradient::InBackward) = 0;

  // The logarithm of each target's probability, zero where it is ignored: [tokens], float32 (of a
  // float64 model float64).
  virtual at::Tensor log_probabilities(const nn::TokenBatch& batch, const at::Tensor& targets) = 0;

  // An empty cache for `slots` texts of up to `capacity` tokens, in the dtype and on the device of
  // the parameters.
  virtual nn::KeyValueCache make_cache(std::int64_t slots, std::int64_t capacity) const = 0;

  // The floating-point operations that a training step spends on the batch: 6 for each weight in a
  // matrix product and token, and 12 × width × length × tokens for each text and layer, whatever
  // is computed twice or left out. 0: nobody has counted them.
  virtual double training_flops(const nn::TokenBatch& /*batch*/) const { return 0.0; }

  virtual std::string_view family() const = 0;
  virtual std::int64_t vocab_size() const = 0;
  virtual std::int64_t max_seq_len() const = 0;
  virtual nn::BlockStack& blocks() = 0;

  // Adds checks to each pass. What lies outside of blocks() is looked at by a model that overrides
  // this, and calls it.
  virtual void check_finite(const nn::FiniteChecks& checks);

  // The settings it was built from, as TOML.
  virtual std::string config_text() const = 0;

  // nullopt: it has no form that others know.
  virtual std::optional<HuggingFaceForm> huggingface() const = 0;
};

// The targets of a batch whose tokens follow each other: each token's is the next one of its text,
// the last one's is ignored. [tokens], int64.
at::Tensor next_token_targets(const nn::TokenBatch& batch, std::int64_t ignore_index = -100);

}  // namespace roux
