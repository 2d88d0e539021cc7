#include "roux/generation/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "roux/base/error.h"

namespace roux {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();

bool likelier(const TokenCandidate& a, const TokenCandidate& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.id < b.id;
}

float largest(std::span<const float> logits) {
  float most = kImpossible;
  for (const float logit : logits) {
    if (!(logit <= std::numeric_limits<float>::max())) {
      throw Error(cat("a logit of the model must be a finite number, but is ", logit));
    }
    most = std::max(most, logit);
  }
  if (most == kImpossible) throw Error("the model finds every token impossible");
  return most;
}

// `logits` with what was written already made less likely, and what is banned impossible.
std::vector<float> adjusted(std::span<const float> logits, std::span<const TokenId> text,
                            std::span<const TokenId> banned, double penalty) {
  std::vector<float> scores(logits.begin(), logits.end());
  if (penalty != 1.0) {
    for (const TokenId id : text) {
      const auto at = static_cast<std::size_t>(id);
      if (at >= scores.size()) continue;
      // From the untouched logit: a token that was written twice is not punished twice.
      const double logit = logits[at];
      scores[at] = static_cast<float>(logit < 0 ? logit * penalty : logit / penalty);
    }
  }
  for (const TokenId id : banned) {
    if (static_cast<std::size_t>(id) < scores.size())
      scores[static_cast<std::size_t>(id)] = kImpossible;
  }
  return scores;
}

double sum_of(std::span<const TokenCandidate> candidates) {
  double sum = 0.0;
  for (const TokenCandidate& each : candidates) sum += each.probability;
  return sum;
}

void keep_most_likely(std::vector<TokenCandidate>& candidates, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(candidates.size())) return;
  std::nth_element(candidates.begin(), candidates.begin() + count, candidates.end(), likelier);
  candidates.resize(static_cast<std::size_t>(count));
}

// Keeps the fewest that have the share `top_p` of all. Mostly a few do: no more than needed are
// put in order.
void keep_share(std::vector<TokenCandidate>& candidates, double top_p) {
  const double wanted = top_p * sum_of(candidates);
  double sum = 0.0;
  std::size_t ordered = 0;
  for (std::size_t next = 64; ordered < candidates.size(); next *= 8) {
    const std::size_t end = std::min(next, candidates.size());
    const auto first = candidates.begin() + static_cast<std::ptrdiff_t>(ordered);
    std::partial_sort(first, candidates.begin() + static_cast<std::ptrdiff_t>(end),
                      candidates.end(), likelier);
    for (; ordered < end; ++ordered) {
      sum += candidates[ordered].probability;
      if (sum >= wanted) {
        candidates.resize(ordered + 1);
        return;
      }
    }
  }
}

}  // namespace

std::vector<TokenCandidate> Sampler::candidates(std::span<const float> logits,
                                                std::span<const TokenId> text,
                                                std::span<const TokenId> banned) const {
  largest(logits);  // so that a broken model is told from a ban
  const std::vector<float> scores = adjusted(logits, text, banned, options_.repetition_penalty);
  const float most = largest(scores);
  if (options_.temperature == 0.0) {
    const auto best = std::max_element(scores.begin(), scores.end());
    return {{static_cast<TokenId>(best - scores.begin()), 1.0}};
  }

  std::vector<TokenCandidate> all;
  all.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double weight = std::exp((static_cast<double>(scores[i]) - static_cast<double>(most)) /
                                   options_.temperature);
    if (weight > 0) all.push_back({static_cast<TokenId>(i), weight});
  }
  if (options_.top_k) keep_most_likely(all, *options_.top_k);
  if (options_.top_p < 1.0) keep_share(all, options_.top_p);
  // The likeliest has the weight 1.
  if (options_.min_p > 0.0) {
    std::erase_if(all,
                  [&](const TokenCandidate& each) { return each.probability < options_.min_p; });
  }
  const double sum = sum_of(all);
  for (TokenCandidate& each : all) each.probability /= sum;
  return all;
}

TokenId Sampler::choose(std::span<const float> logits, std::span<const TokenId> text,
                        double uniform, std::span<const TokenId> banned) const {
  const std::vector<TokenCandidate> all = candidates(logits, text, banned);
  double sum = 0.0;
  for (const TokenCandidate& each : all) {
    sum += each.probability;
    if (uniform < sum) return each.id;
  }
  return all.back().id;  // the probabilities sum to a little less than 1
}

double log_probability(std::span<const float> logits, TokenId id) {
  const double most = largest(logits);
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - most);
  return static_cast<double>(logits[static_cast<std::size_t>(id)]) - most - std::log(sum);
}

}  // namespace roux
