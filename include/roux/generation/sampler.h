#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// How a token is chosen among all. Applied in this order: the repetition penalty, the temperature,
// then top_k, top_p and min_p, each of what the one before has left.
struct SamplerOptions {
  double temperature = 1.0;  // 0: always the likeliest token
  std::optional<std::int64_t> top_k = std::nullopt;
  double top_p = 1.0;
  double min_p = 0.0;
  double repetition_penalty = 1.0;
};

struct TokenCandidate {
  TokenId id;
  double probability;

  bool operator==(const TokenCandidate&) const = default;
};

// Chooses the next token from a model's logits. Of tokens that are equally likely the one with the
// smaller id comes first.
//
// Immutable: any thread.
class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options) : options_(options) {}

  // What may be chosen, with probabilities that sum to 1. `text`: the tokens so far, which the
  // repetition penalty is for; `banned` are left out. Throws Error where a logit is no number, or
  // nothing is left.
  std::vector<TokenCandidate> candidates(std::span<const float> logits,
                                         std::span<const TokenId> text,
                                         std::span<const TokenId> banned = {}) const;

  // The candidate that `uniform`, in [0, 1), falls on.
  TokenId choose(std::span<const float> logits, std::span<const TokenId> text, double uniform,
                 std::span<const TokenId> banned = {}) const;

 private:
  SamplerOptions options_;
};

// The logarithm of a token's probability as the model has it: before any of the above. Throws Error
// where a logit is no number.
double log_probability(std::span<const float> logits, TokenId id);

}  // namespace roux
