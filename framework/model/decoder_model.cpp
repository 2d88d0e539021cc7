#include "model/decoder_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/topk.h>

#include <cmath>
#include <utility>

#include "model/decoder_family.h"
#include "model/training_flops.h"
#include "roux/config/dump.h"
#include "roux/nn/decoder_block.h"
#include "roux/ops/cross_entropy.h"
#include "roux/ops/moe.h"

namespace roux {
namespace {

// The rotations of a pass: first the one for layers that see everything.
constexpr std::size_t kFullRotation = 0;
constexpr std::size_t kSlidingRotation = 1;

nn::NormOptions norm_options(const DecoderConfig& config) {
  return {config.norm, config.norm_eps, config.norm_weight_offset};
}

double output_deviation(const DecoderConfig& config) {
  if (!config.scaled_residual_init) return config.init_std;
  return config.init_std / std::sqrt(2.0 * static_cast<double>(config.num_layers));
}

std::shared_ptr<nn::SelfAttention> make_attention(const DecoderConfig& config, std::int64_t layer) {
  nn::SelfAttentionOptions options;
  options.dim = config.model_dim;
  options.heads = config.num_attn_heads;
  options.key_heads = config.num_key_value_heads;
  options.head_dim = config.dim_of_head();
  options.bias = config.attn_bias;
  options.output_bias = config.attn_output_bias;
  options.norm = config.query_key_norm;
  options.norm_options = norm_options(config);
  options.attention.scale = config.attention_scale;
  options.attention.softcap = config.attention_softcap;
  options.init_deviation = config.init_std;
  options.output_init_deviation = output_deviation(config);
  const bool slides = config.slides(layer);
  if (slides) options.attention.window = config.sliding_window;
  if (config.positions.kind == PositionKind::Rotary) {
    options.rotation = slides && config.positions.sliding_theta ? kSlidingRotation : kFullRotation;
  }
  return std::make_shared<nn::SelfAttention>(layer, options);
}

std::shared_ptr<nn::FeedForward> make_feed_forward(const DecoderConfig& config,
                                                   std::int64_t layer) {
  nn::FeedForwardOptions options{
      .dim = config.model_dim,
      .inner_dim = config.ffn_inner_dim,
      .activation = config.activation,
      .gated = config.gated_ffn,
      .bias = config.ffn_bias,
      .init_deviation = config.init_std,
      .output_init_deviation = output_deviation(config),
  };
  if (!config.has_experts(layer)) return std::make_shared<nn::DenseFeedForward>(options);
  options.inner_dim = config.experts.ffn_inner_dim;
  const nn::MixtureOptions mixture{config.experts.num_experts, config.experts.top_k,
                                   config.experts.normalise_weights};
  return std::make_shared<nn::MixtureOfExperts>(mixture, options);
}

std::shared_ptr<nn::BlockStack> make_layers(const DecoderConfig& config) {
  auto layers = std::make_shared<nn::BlockStack>();
  const nn::DecoderBlockOptions options{config.model_dim, config.norm_placement,
                                        norm_options(config)};
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    layers->push_back(std::make_shared<nn::DecoderBlock>(options, make_attention(config, layer),
                                                         make_feed_forward(config, layer)));
  }
  return layers;
}

std::shared_ptr<nn::Projection> make_head(const DecoderConfig& config,
                                          const std::shared_ptr<nn::Embedding>& embedding) {
  if (config.tied_embeddings) return std::make_shared<nn::TiedProjection>(embedding);
  return std::make_shared<nn::Linear>(config.model_dim, config.vocab_size, /*bias=*/false,
                                      nn::Init::normal(config.init_std));
}

at::Tensor capped(const at::Tensor& logits, double bound) {
  return bound > 0.0 ? at::tanh(logits / bound) * bound : logits;
}

}  // namespace

DecoderModel::DecoderModel(std::shared_ptr<const DecoderFamily> family, const DecoderConfig& config)
    : family_(std::move(family)),
      config_(config),
      embed_tokens_(register_module(
          "embed_tokens", std::make_shared<nn::Embedding>(config.vocab_size, config.model_dim,
                                                          nn::Init::normal(config.init_std)))),
      layers_(register_module("layers", make_layers(config))),
      norm_(register_module("norm",
                            std::make_shared<nn::Norm>(config.model_dim, norm_options(config)))),
      lm_head_(*this, "lm_head", make_head(config, embed_tokens_)) {
  if (config.positions.kind == PositionKind::Learned) {
    child(embed_positions_, "embed_positions", config.max_seq_len, config.model_dim,
          nn::Init::normal(config.init_std));
  }
}

HiddenStates DecoderModel::forward(const nn::TokenBatch& batch, nn::KeyValueCache* cache) {
  const nn::PassContext context{batch.layout, rotations(batch), cache};
  nn::BlockStack::Output output = layers_->forward(embed(batch), context);
  const at::Tensor hidden = norm_->forward(checks_.input(output.hidden, *norm_, "norm"));
  checks_.output(hidden, *norm_, "norm");
  return {hidden, std::move(output.router_logits)};
}

at::Tensor DecoderModel::embed(const nn::TokenBatch& batch) {
  at::Tensor hidden = embed_tokens_->forward(batch.ids);
  checks_.output(hidden, *embed_tokens_, "embed_tokens");
  if (config_.scaled_embeddings) {
    // Rounded to the dtype first, as the originals do: in bfloat16 the difference is seen.
    hidden = hidden * at::full({}, std::sqrt(static_cast<double>(config_.model_dim)),
                               hidden.options().requires_grad(false));
  }
  if (embed_positions_) {
    const at::Tensor positions = embed_positions_->forward(batch.positions);
    checks_.output(positions, *embed_positions_, "embed_positions");
    hidden = hidden + positions;
  }
  return hidden;
}

std::vector<ops::Rotation> DecoderModel::rotations(const nn::TokenBatch& batch) const {
  const PositionConfig& positions = config_.positions;
  if (positions.kind != PositionKind::Rotary) return {};
  std::vector<ops::Rotation> all{main_rotation(batch)};
  if (positions.sliding_theta) {
    all.push_back(ops::make_rotation(
        batch.positions,
        ops::rotary_frequencies(config_.rotary_dim(), *positions.sliding_theta, {}, 0)));
  }
  return all;
}

ops::Rotation DecoderModel::main_rotation(const nn::TokenBatch& batch) const {
  const PositionConfig& positions = config_.positions;
  const auto for_length = [&](std::int64_t length) {
    return ops::make_rotation(
        batch.positions,
        ops::rotary_frequencies(config_.rotary_dim(), positions.theta, positions.scaling, length));
  };
  const std::int64_t trained = positions.scaling.original_max_positions;
  ops::Rotation rotation = for_length(trained);
  if (positions.scaling.kind != ops::RotaryScalingKind::LongRope ||
      batch.layout.longest_key() <= trained) {
    return rotation;
  }
  // Each text by its own length: what it is packed with changes nothing.
  const ops::Rotation beyond = for_length(trained + 1);
  for (const ops::AttentionSpan& span : batch.layout.spans()) {
    if (span.key_length <= trained) continue;
    const auto take = [&](const at::Tensor& to, const at::Tensor& from) {
      to.narrow(0, span.query_begin, span.query_length)
          .copy_(from.narrow(0, span.query_begin, span.query_length));
    };
    take(rotation.cos, beyond.cos);
    take(rotation.sin, beyond.sin);
  }
  return rotation;
}

at::Tensor DecoderModel::logits(const at::Tensor& hidden) {
  return capped(lm_head_(hidden), config_.logit_softcap);
}

double DecoderModel::training_flops(const nn::TokenBatch& batch) const {
  return roux::training_flops(config_, batch);
}

LanguageModelLoss DecoderModel::loss(const nn::TokenBatch& batch, const at::Tensor& targets,
                                     ops::CrossEntropyOptions options, HeadGradient head_gradient) {
  const Head head = this->head();
  HiddenStates states = forward(batch, nullptr);
  states.hidden = checks_.input(states.hidden, head.module, head.path, head.role);
  options.softcap = config_.logit_softcap;
  LanguageModelLoss loss;
  if (const auto dense = lm_head_.get()->dense()) {
    const at::Tensor& gradient = dense->weight.grad();
    const bool in_place = head_gradient == HeadGradient::WithLoss && gradient.defined() &&
                          gradient.scalar_type() != at::kBFloat16 &&
                          dense->weight.scalar_type() != at::kHalf;
    loss.sum = in_place ? ops::linear_cross_entropy(states.hidden, dense->weight, dense->bias,
                                                    targets, options, {.into = gradient})
                        : ops::linear_cross_entropy(states.hidden, dense->weight, dense->bias,
                                                    targets, options);
  } else {
    loss.sum = token_losses(states.hidden, targets, options).sum();
  }
  if (!states.router_logits.empty()) {
    loss.auxiliary = balancing_loss(batch, states.router_logits);
  }
  checks_.output(loss.sum, head.module, head.path, head.role);
  return loss;
}

at::Tensor DecoderModel::log_probabilities(const nn::TokenBatch& batch, const at::Tensor& targets) {
  const HiddenStates states = forward(batch, nullptr);
  ops::CrossEntropyOptions options;
  options.softcap = config_.logit_softcap;
  return -token_losses(states.hidden, targets, options);
}

at::Tensor DecoderModel::token_losses(const at::Tensor& hidden, const at::Tensor& targets,
                                      ops::CrossEntropyOptions options) {
  if (const auto dense = lm_head_.get()->dense()) {
    return ops::linear_cross_entropy_per_token(hidden, dense->weight, dense->bias, targets,
                                               options);
  }
  return ops::cross_entropy_per_token(lm_head_(hidden), targets, options);
}

at::Tensor DecoderModel::balancing_loss(const nn::TokenBatch& batch,
                                        const std::vector<at::Tensor>& router_logits) const {
  const at::Tensor all = at::cat(router_logits);
  const at::Tensor experts = std::get<1>(at::topk(all.detach(), config_.experts.top_k, -1));
  const auto layers = static_cast<std::int64_t>(router_logits.size());
  const at::Tensor real = batch.real_tokens().repeat({layers});
  return ops::load_balancing_loss(all, experts, real) * config_.experts.auxiliary_loss;
}

nn::KeyValueCache DecoderModel::make_cache(std::int64_t slots, std::int64_t capacity) const {
  const nn::CacheShape shape{.layers = config_.num_layers,
                             .slots = slots,
                             .capacity = capacity,
                             .key_heads = config_.num_key_value_heads,
                             .key_dim = config_.dim_of_head(),
                             .value_dim = config_.dim_of_head()};
  return {shape, embed_tokens_->weight().options().requires_grad(false)};
}

DecoderModel::Head DecoderModel::head() const {
  const bool tied = nn::parameter_places(*lm_head_.get()).empty();
  if (tied) return {*embed_tokens_, "embed_tokens", " as lm_head with the loss"};
  return {*lm_head_.get(), "lm_head", " with the loss"};
}

void DecoderModel::check_finite(const nn::FiniteChecks& checks) {
  checks_ = checks;
  LanguageModel::check_finite(checks);
}

std::string_view DecoderModel::family() const {
  return family_->name;
}

std::string DecoderModel::config_text() const {
  return config::dump_as(config_);
}

std::optional<HuggingFaceForm> DecoderModel::huggingface() const {
  return HuggingFaceForm{family_->write(config_).dump(2), tensor_map(*family_, config_)};
}

}  // namespace roux
