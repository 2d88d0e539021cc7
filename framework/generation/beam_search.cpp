#include "roux/generation/beam_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "generation/prompts.h"
#include "roux/base/error.h"
#include "roux/model/language_model.h"

namespace roux {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

// What was written so far of one of the texts that are followed.
struct Beam {
  std::vector<TokenId> ids;
  std::vector<double> log_probabilities;
  double sum = 0.0;  // of them
};

// A beam that is put aside.
struct Finished {
  Beam beam;
  double score;
  EndReason reason;
};

// A beam and the token that it would go on with.
struct Continuation {
  std::size_t beam;
  TokenId id;
  double log_probability;
  double sum;
};

class BeamSearch final : public TextGenerator {
 public:
  BeamSearch(const BeamSearchConfig& config, const WritingModel& model)
      : config_(config), model_(model) {}

  std::vector<GeneratedText> generate(std::span<const GenerationPrompt> prompts,
                                      const GenerationListener& listener) override;

 private:
  Finished search(std::span<const TokenId> prompt, nn::KeyValueCache& cache,
                  const GenerationListener& listener) const;

  // The log-probabilities of what follows the last token of each slot that got tokens.
  at::Tensor read(const std::vector<std::int64_t>& ids, std::int64_t count_of_each,
                  std::size_t slots, nn::KeyValueCache& cache) const;
  at::Tensor read_prompt(std::span<const TokenId> prompt, nn::KeyValueCache& cache) const;

  std::vector<Continuation> best_continuations(const std::vector<Beam>& beams,
                                               at::Tensor log_probabilities) const;
  std::optional<EndReason> end_of(std::size_t prompt_size, std::size_t new_tokens,
                                  TokenId last) const;
  double score(const Beam& beam) const {
    return beam.sum / std::pow(static_cast<double>(beam.ids.size()), config_.len_penalty);
  }

  BeamSearchConfig config_;
  WritingModel model_;
};

std::vector<GeneratedText> BeamSearch::generate(std::span<const GenerationPrompt> prompts,
                                                const GenerationListener& listener) {
  check_prompts(prompts, model_);
  std::vector<GeneratedText> results(prompts.size());
  if (prompts.empty()) return results;
  const at::NoGradGuard no_gradients;
  nn::KeyValueCache cache = make_cache(prompts, model_, config_.beam_size, config_.max_gen_len);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    GeneratedText& result = results[i];
    if (listener.cancelled && listener.cancelled()) {
      result.reason = EndReason::Cancelled;
      continue;
    }
    Finished best = search(prompts[i].ids, cache, listener);
    result.reason = best.reason;
    result.ids = std::move(best.beam.ids);
    if (config_.compute_scores) result.log_probabilities = std::move(best.beam.log_probabilities);
    const auto decoder = decoder_behind(prompts[i].ids, model_.tokenizer);
    for (const TokenId id : result.ids) {
      if (!is_end(model_, id) && model_.tokenizer.token(id)) result.text += decoder->push(id);
    }
    result.text += decoder->finish();
    if (listener.on_text && !result.text.empty()) listener.on_text(i, result.text);
    if (listener.on_end) listener.on_end(i, result);
  }
  return results;
}

Finished BeamSearch::search(std::span<const TokenId> prompt, nn::KeyValueCache& cache,
                            const GenerationListener& listener) const {
  const auto beam_size = static_cast<std::size_t>(config_.beam_size);
  std::vector<Beam> beams(1);
  std::vector<Finished> finished;  // the best first
  at::Tensor log_probabilities = read_prompt(prompt, cache);
  while (true) {
    std::vector<Beam> next;
    std::vector<std::int64_t> from;
    std::vector<std::int64_t> ids;
    std::size_t rank = 0;
    for (const Continuation& each : best_continuations(beams, log_probabilities)) {
      Beam beam = beams[each.beam];
      beam.ids.push_back(each.id);
      beam.log_probabilities.push_back(each.log_probability);
      beam.sum = each.sum;
      const auto reason = end_of(prompt.size(), beam.ids.size(), each.id);
      // Only the best may end a text; the others are there so that enough go on.
      if (reason && rank < beam_size) {
        const double its_score = score(beam);
        finished.push_back({std::move(beam), its_score, *reason});
      } else if (!reason && next.size() < beam_size) {
        next.push_back(std::move(beam));
        from.push_back(static_cast<std::int64_t>(each.beam));
        ids.push_back(each.id);
      }
      ++rank;
    }
    std::ranges::stable_sort(finished, std::ranges::greater(), &Finished::score);
    if (finished.size() > beam_size) finished.resize(beam_size);
    const bool can_improve =
        !next.empty() && (finished.size() < beam_size || score(next[0]) > finished.back().score);
    if (!can_improve) return std::move(finished.front());
    if (listener.cancelled && listener.cancelled()) {
      return {std::move(next.front()), 0.0, EndReason::Cancelled};
    }
    // Slots that no beam goes on in follow the last one's, and are not read.
    from.resize(beam_size, from.back());
    if (!std::ranges::is_sorted(from) || std::ranges::adjacent_find(from) != from.end()) {
      cache.reorder(from);
    }
    beams = std::move(next);
    log_probabilities = read(ids, 1, ids.size(), cache);
  }
}

at::Tensor BeamSearch::read(const std::vector<std::int64_t>& ids, std::int64_t count_of_each,
                            std::size_t slots, nn::KeyValueCache& cache) const {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(config_.beam_size), 0);
  std::fill_n(counts.begin(), slots, count_of_each);
  const nn::TokenBatch batch = cache.extend(at::tensor(ids, at::TensorOptions(at::kLong)), counts);
  at::Tensor hidden = model_.model.forward(batch, &cache).hidden;
  if (count_of_each > 1) hidden = hidden.narrow(0, hidden.size(0) - 1, 1);
  return model_.model.logits(hidden).to(at::kCPU, at::kFloat).log_softmax(-1);
}

at::Tensor BeamSearch::read_prompt(std::span<const TokenId> prompt,
                                   nn::KeyValueCache& cache) const {
  for (std::int64_t slot = 0; slot < config_.beam_size; ++slot) cache.truncate(slot, 0);
  const auto chunk = static_cast<std::size_t>(config_.prefill_chunk_size);
  at::Tensor log_probabilities;
  for (; !prompt.empty(); prompt = prompt.subspan(std::min(chunk, prompt.size()))) {
    const auto piece = prompt.first(std::min(chunk, prompt.size()));
    log_probabilities =
        read({piece.begin(), piece.end()}, static_cast<std::int64_t>(piece.size()), 1, cache);
  }
  return log_probabilities;
}

std::vector<Continuation> BeamSearch::best_continuations(const std::vector<Beam>& beams,
                                                         at::Tensor log_probabilities) const {
  // However many of them end, beam_size go on.
  const auto wanted =
      static_cast<std::int64_t>(static_cast<std::size_t>(config_.beam_size) *
                                std::max<std::size_t>(2, model_.end_tokens.size() + 1));
  const std::int64_t vocab_size =
      std::min<std::int64_t>(log_probabilities.size(1), model_.tokenizer.size());
  log_probabilities = log_probabilities.narrow(1, 0, vocab_size);
  if (static_cast<std::int64_t>(beams[0].ids.size()) + 1 < config_.min_gen_len) {
    for (const TokenId id : model_.end_tokens) {
      if (id < vocab_size) log_probabilities.select(1, id).fill_(kImpossible);
    }
  }
  // The best of all are among the best of each.
  const std::int64_t of_each = std::min(wanted, vocab_size);
  const auto [values, indices] = log_probabilities.topk(of_each, -1);
  const auto value = values.accessor<float, 2>();
  const auto index = indices.accessor<std::int64_t, 2>();
  std::vector<Continuation> all;
  for (std::size_t beam = 0; beam < beams.size(); ++beam) {
    const auto row = static_cast<std::int64_t>(beam);
    for (std::int64_t i = 0; i < of_each; ++i) {
      const auto log_probability = static_cast<double>(value[row][i]);
      if (std::isnan(log_probability)) {
        throw Error("the logits of the model must be finite numbers, but one is nan");
      }
      if (log_probability == kImpossible) continue;
      all.push_back({beam, static_cast<TokenId>(index[row][i]), log_probability,
                     beams[beam].sum + log_probability});
    }
  }
  if (all.empty()) throw Error("the model finds every token impossible");
  std::ranges::stable_sort(all, std::ranges::greater(), &Continuation::sum);
  all.resize(std::min(all.size(), static_cast<std::size_t>(wanted)));
  return all;
}

std::optional<EndReason> BeamSearch::end_of(std::size_t prompt_size, std::size_t new_tokens,
                                            TokenId last) const {
  if (is_end(model_, last)) return EndReason::EndOfText;
  if (static_cast<std::int64_t>(new_tokens) == config_.max_gen_len) return EndReason::MaxGenLen;
  if (static_cast<std::int64_t>(prompt_size + new_tokens) == model_.model.max_seq_len()) {
    return EndReason::MaxSeqLen;
  }
  return std::nullopt;
}

}  // namespace

void BeamSearchConfig::describe(config::Fields<BeamSearchConfig>& field) {
  using C = BeamSearchConfig;
  field.inherit<TextGeneratorConfig>();
  field("beam_size", &C::beam_size, "How many texts are followed at a time.").between(1, 1024);
  field("len_penalty", &C::len_penalty,
        "A text's log-probability is divided by its length to this power: 0 is for short texts, "
        "more for long ones.");
}

void BeamSearchConfig::validate(config::Problems& problems) const {
  TextGeneratorConfig::validate(problems);
}

std::unique_ptr<TextGenerator> make_beam_search(const BeamSearchConfig& config,
                                                const WritingModel& model) {
  return std::make_unique<BeamSearch>(config, model);
}

}  // namespace roux
