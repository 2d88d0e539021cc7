#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/random.h"
#include "roux/config/fields.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

class LanguageModel;

// What writes: a model, its tokenizer, and the tokens that end a text. All of it outlives its
// users.
struct WritingModel {
  LanguageModel& model;
  const Tokenizer& tokenizer;
  std::vector<TokenId> end_tokens;
};

// A text to go on with.
struct GenerationPrompt {
  std::vector<TokenId> ids;
  RandomStream random;  // new token i is drawn with uniform(i)
};

enum class EndReason {
  EndOfText,   // the model wrote an end token
  StopString,  // a string of the config stood in the text
  MaxGenLen,   // there were as many new tokens as the config allows
  MaxSeqLen,   // the text is as long as the model can read
  Cancelled,
};

// "end_of_text", "stop_string", …
std::string_view name_of(EndReason reason);

struct GeneratedText {
  std::string text;          // what follows the prompt, up to the stop string; no special tokens
  std::vector<TokenId> ids;  // new ones only; an end token is the last

  // Of each id, as the model has it, where the config asks for scores.
  std::vector<double> log_probabilities;
  EndReason reason = EndReason::MaxGenLen;
};

// What is told while texts are written; any of it may be empty. Called by the thread that called
// generate().
struct GenerationListener {
  std::function<void(std::size_t prompt, std::string_view piece)>
      on_text;  // never half a character
  std::function<void(std::size_t prompt, const GeneratedText& text)> on_end;

  // Asked before each step; true ends all texts as they are.
  std::function<bool()> cancelled;
};

// A way to go on with texts. [seq_generator] chooses one. What a vocabulary has beyond its
// tokenizer's tokens, to be of a rounder size, is never written. One thread at a time.
class TextGenerator {
 public:
  virtual ~TextGenerator() = default;

  // One text for each prompt, in their order. Throws DataError, which counts prompts from 1, where
  // one is empty, holds what is no token of the model, or leaves no room for a new token.
  virtual std::vector<GeneratedText> generate(std::span<const GenerationPrompt> prompts,
                                              const GenerationListener& listener) = 0;
};

// What every generator has: how long new texts are, and what is told of them.
struct TextGeneratorConfig {
  std::int64_t min_gen_len = 1;
  std::int64_t max_gen_len = 2048;
  bool compute_scores = false;
  std::int64_t prefill_chunk_size = 512;

  static void describe(config::Fields<TextGeneratorConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
