#include "roux/generation/sampling.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "generation/prompts.h"
#include "roux/base/error.h"
#include "roux/generation/sampler.h"
#include "roux/generation/stop_strings.h"
#include "roux/model/language_model.h"

namespace roux {
namespace {

SamplerOptions sampler_options(const SamplingConfig& config) {
  return {.temperature = config.temperature,
          .top_k = config.top_k,
          .top_p = config.top_p,
          .min_p = config.min_p,
          .repetition_penalty = config.repetition_penalty};
}

// A text that is being written, in a slot of the cache.
struct Draft {
  Draft(std::size_t prompt_number, const GenerationPrompt& prompt, const SamplingConfig& config,
        const Tokenizer& tokenizer)
      : number(prompt_number),
        random(prompt.random),
        ids(prompt.ids),
        prompt_size(prompt.ids.size()),
        decoder(decoder_behind(prompt.ids, tokenizer)),
        stop(config.stop) {}

  std::size_t new_tokens() const { return ids.size() - prompt_size; }
  std::int64_t unread() const { return static_cast<std::int64_t>(ids.size() - read); }

  std::size_t number;
  RandomStream random;
  std::vector<TokenId> ids;  // the prompt, and what follows
  std::size_t prompt_size;
  std::size_t read = 0;  // of `ids`, by the model
  std::unique_ptr<StreamingDecoder> decoder;
  StopStrings stop;
  GeneratedText result;
};

class Sampling final : public TextGenerator {
 public:
  Sampling(const SamplingConfig& config, const WritingModel& model)
      : config_(config), model_(model), sampler_(sampler_options(config)) {}

  std::vector<GeneratedText> generate(std::span<const GenerationPrompt> prompts,
                                      const GenerationListener& listener) override;

 private:
  using Drafts = std::vector<std::optional<Draft>>;

  // Has the model read what is new in each draft, a chunk of a long prompt at a time. Returns the
  // slots whose next token is known now, with its logits: [slots, vocabulary].
  std::pair<std::vector<std::size_t>, at::Tensor> read_on(Drafts& drafts,
                                                          nn::KeyValueCache& cache) const;

  // Adds a token; says whether the text ends with it.
  bool write_on(Draft& draft, std::span<const float> logits,
                const GenerationListener& listener) const;
  bool ends(Draft& draft) const;
  static void add_text(Draft& draft, std::string piece, const GenerationListener& listener);
  static GeneratedText finish(Draft draft, const GenerationListener& listener);

  SamplingConfig config_;
  WritingModel model_;
  Sampler sampler_;
};

std::vector<GeneratedText> Sampling::generate(std::span<const GenerationPrompt> prompts,
                                              const GenerationListener& listener) {
  check_prompts(prompts, model_);
  std::vector<GeneratedText> results(prompts.size());
  if (prompts.empty()) return results;
  const at::NoGradGuard no_gradients;
  const auto slots = std::min(config_.max_batch_size, static_cast<std::int64_t>(prompts.size()));
  nn::KeyValueCache cache = make_cache(prompts, model_, slots, config_.max_gen_len);
  Drafts drafts(static_cast<std::size_t>(cache.shape().slots));
  std::size_t begun = 0;
  std::size_t ended = 0;
  const auto end = [&](std::optional<Draft>& draft) {
    const std::size_t number = draft->number;
    results[number] = finish(*std::exchange(draft, std::nullopt), listener);
    ++ended;
  };
  while (ended < prompts.size()) {
    if (listener.cancelled && listener.cancelled()) {
      for (auto& draft : drafts) {
        if (!draft) continue;
        draft->result.reason = EndReason::Cancelled;
        end(draft);
      }
      for (; begun < prompts.size(); ++begun) results[begun].reason = EndReason::Cancelled;
      break;
    }
    for (std::size_t slot = 0; slot < drafts.size() && begun < prompts.size(); ++slot) {
      if (drafts[slot]) continue;
      cache.truncate(static_cast<std::int64_t>(slot), 0);
      drafts[slot].emplace(begun, prompts[begun], config_, model_.tokenizer);
      ++begun;
    }
    const auto [ready, logits] = read_on(drafts, cache);
    for (std::size_t row = 0; row < ready.size(); ++row) {
      const auto size = static_cast<std::size_t>(logits.size(1));
      const std::span<const float> of_row(logits.const_data_ptr<float>() + row * size, size);
      if (write_on(*drafts[ready[row]], of_row, listener)) end(drafts[ready[row]]);
    }
  }
  return results;
}

std::pair<std::vector<std::size_t>, at::Tensor> Sampling::read_on(Drafts& drafts,
                                                                  nn::KeyValueCache& cache) const {
  std::vector<std::int64_t> counts(drafts.size(), 0);
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> last_tokens;
  std::vector<std::size_t> slots;
  std::int64_t room = config_.prefill_chunk_size;
  for (std::size_t slot = 0; slot < drafts.size(); ++slot) {
    if (!drafts[slot]) continue;
    Draft& draft = *drafts[slot];
    // A token behind the prompt is always read: nobody who writes waits for another's prompt.
    const std::int64_t count =
        draft.new_tokens() > 0 ? draft.unread() : std::min(draft.unread(), room);
    if (draft.new_tokens() == 0) room -= count;
    counts[slot] = count;
    const auto first = draft.ids.begin() + static_cast<std::ptrdiff_t>(draft.read);
    ids.insert(ids.end(), first, first + count);
    draft.read += static_cast<std::size_t>(count);
    if (count == 0 || draft.unread() > 0) continue;
    slots.push_back(slot);
    last_tokens.push_back(static_cast<std::int64_t>(ids.size()) - 1);
  }
  const auto integers = at::TensorOptions(at::kLong);
  const nn::TokenBatch batch = cache.extend(at::tensor(ids, integers), counts);
  const at::Tensor hidden = model_.model.forward(batch, &cache).hidden;
  if (slots.empty()) return {};
  // The projection to the vocabulary is dear: only of tokens whose successor is asked for.
  const at::Tensor last =
      hidden.size(0) == static_cast<std::int64_t>(slots.size())
          ? hidden
          : hidden.index_select(0, at::tensor(last_tokens, integers).to(hidden.device()));
  return {std::move(slots), model_.model.logits(last).to(at::kCPU, at::kFloat).contiguous()};
}

bool Sampling::write_on(Draft& draft, std::span<const float> logits,
                        const GenerationListener& listener) const {
  const bool may_end = static_cast<std::int64_t>(draft.new_tokens()) + 1 >= config_.min_gen_len;
  const auto known = std::min(logits.size(), static_cast<std::size_t>(model_.tokenizer.size()));
  const TokenId id =
      sampler_.choose(logits.first(known), draft.ids, draft.random.uniform(draft.new_tokens()),
                      may_end ? std::span<const TokenId>() : model_.end_tokens);
  if (config_.compute_scores) {
    draft.result.log_probabilities.push_back(log_probability(logits, id));
  }
  draft.ids.push_back(id);
  if (is_end(model_, id)) {
    draft.result.reason = EndReason::EndOfText;
    return true;
  }
  // Some ids among the others may be nobody's.
  if (model_.tokenizer.token(id)) add_text(draft, draft.decoder->push(id), listener);
  return ends(draft);
}

bool Sampling::ends(Draft& draft) const {
  if (draft.stop.found()) {
    draft.result.reason = EndReason::StopString;
  } else if (static_cast<std::int64_t>(draft.new_tokens()) == config_.max_gen_len) {
    draft.result.reason = EndReason::MaxGenLen;
  } else if (static_cast<std::int64_t>(draft.ids.size()) == model_.model.max_seq_len()) {
    draft.result.reason = EndReason::MaxSeqLen;
  } else {
    return false;
  }
  return true;
}

void Sampling::add_text(Draft& draft, std::string piece, const GenerationListener& listener) {
  const std::string certain = draft.stop.push(piece);
  if (certain.empty()) return;
  draft.result.text += certain;
  if (listener.on_text) listener.on_text(draft.number, certain);
}

GeneratedText Sampling::finish(Draft draft, const GenerationListener& listener) {
  if (!draft.stop.found()) {
    add_text(draft, draft.decoder->finish(), listener);
    const std::string held = draft.stop.finish();
    draft.result.text += held;
    if (!held.empty() && listener.on_text) listener.on_text(draft.number, held);
  }
  draft.result.ids.assign(draft.ids.begin() + static_cast<std::ptrdiff_t>(draft.prompt_size),
                          draft.ids.end());
  if (listener.on_end) listener.on_end(draft.number, draft.result);
  return std::move(draft.result);
}

}  // namespace

void SamplingConfig::describe(config::Fields<SamplingConfig>& field) {
  using C = SamplingConfig;
  field.inherit<TextGeneratorConfig>();
  field("temperature", &C::temperature,
        "What logits are divided by: below 1 for the likely, above for the unlikely; 0 takes the "
        "likeliest token each time.")
      .at_least(0);
  field("top_k", &C::top_k, "Choose among so many of the likeliest tokens.").at_least(1);
  field("top_p", &C::top_p,
        "Choose among the fewest likeliest tokens that have this probability together.")
      .more_than(0)
      .at_most(1);
  field("min_p", &C::min_p,
        "Choose among tokens with at least this share of the likeliest one's probability.")
      .between(0, 1);
  field("repetition_penalty", &C::repetition_penalty,
        "Above 1 makes the tokens of the prompt and of the new text less likely: their logits are "
        "divided by it, or multiplied where they are negative.")
      .more_than(0);
  field("stop", &C::stop,
        "Strings that end a text where they stand in it, wherever its tokens end.");
  field("max_batch_size", &C::max_batch_size, "The most texts that are written side by side.")
      .between(1, 65536);
}

void SamplingConfig::validate(config::Problems& problems) const {
  TextGeneratorConfig::validate(problems);
}

std::unique_ptr<TextGenerator> make_sampling(const SamplingConfig& config,
                                             const WritingModel& model) {
  return std::make_unique<Sampling>(config, model);
}

}  // namespace roux
