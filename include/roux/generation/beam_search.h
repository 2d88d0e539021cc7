#pragma once

#include <memory>

#include "roux/generation/text_generator.h"

namespace roux {

// [seq_generator.config] with name = "beam_search".
struct BeamSearchConfig : TextGeneratorConfig {
  std::int64_t beam_size = 5;
  double len_penalty = 1.0;

  static void describe(config::Fields<BeamSearchConfig>& field);
  void validate(config::Problems& problems) const;
};

// Looks for the text that is likeliest as a whole, with the rules of transformers: of the best
// `beam_size` continuations in each step those that end are put aside, until none that goes on can
// be better. A text's score is its log-probability over (new tokens) ^ len_penalty. Prompts take
// turns; a text is told as one piece when it is done.
std::unique_ptr<TextGenerator> make_beam_search(const BeamSearchConfig& config,
                                                const WritingModel& model);

}  // namespace roux
