#pragma once

#include <memory>
#include <string>

#include "roux/model/decoder_config.h"
#include "roux/model/language_model.h"
#include "roux/nn/embedding.h"
#include "roux/nn/norm.h"

namespace roux {

struct DecoderFamily;

// The one decoder-only transformer: what a DecoderConfig describes. Its parameters have the names
// of Llama's Hugging Face checkpoints where those have one, without "model.":
// "layers.0.mlp.up_proj.weight".
class DecoderModel final : public LanguageModel {
 public:
  // `family` says how others spell it.
  DecoderModel(std::shared_ptr<const DecoderFamily> family, const DecoderConfig& config);

  HiddenStates forward(const nn::TokenBatch& batch, nn::KeyValueCache* cache) override;
  at::Tensor logits(const at::Tensor& hidden) override;
  LanguageModelLoss loss(const nn::TokenBatch& batch, const at::Tensor& targets,
                         ops::CrossEntropyOptions options, HeadGradient head_gradient) override;
  at::Tensor log_probabilities(const nn::TokenBatch& batch, const at::Tensor& targets) override;
  nn::KeyValueCache make_cache(std::int64_t slots, std::int64_t capacity) const override;

  double training_flops(const nn::TokenBatch& batch) const override;
  std::string_view family() const override;
  std::int64_t vocab_size() const override { return config_.vocab_size; }
  std::int64_t max_seq_len() const override { return config_.max_seq_len; }
  nn::BlockStack& blocks() override { return *layers_; }
  void check_finite(const nn::FiniteChecks& checks) override;
  std::string config_text() const override;
  std::optional<HuggingFaceForm> huggingface() const override;

  const DecoderConfig& config() const { return config_; }

 private:
  // What the loss is computed with, as FiniteChecks call it.
  struct Head {
    const nn::Module& module;
    std::string path;
    std::string role;
  };

  Head head() const;
  at::Tensor embed(const nn::TokenBatch& batch);
  std::vector<ops::Rotation> rotations(const nn::TokenBatch& batch) const;
  ops::Rotation main_rotation(const nn::TokenBatch& batch) const;
  at::Tensor token_losses(const at::Tensor& hidden, const at::Tensor& targets,
                          ops::CrossEntropyOptions options);
  at::Tensor balancing_loss(const nn::TokenBatch& batch,
                            const std::vector<at::Tensor>& router_logits) const;

  std::shared_ptr<const DecoderFamily> family_;
  DecoderConfig config_;
  std::shared_ptr<nn::Embedding> embed_tokens_;
  std::shared_ptr<nn::Embedding> embed_positions_;  // null: positions are rotary
  std::shared_ptr<nn::BlockStack> layers_;
  std::shared_ptr<nn::Norm> norm_;
  nn::ProjectionSlot lm_head_;
  nn::FiniteChecks checks_;
};

}  // namespace roux
