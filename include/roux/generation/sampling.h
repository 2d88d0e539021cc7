#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/generation/text_generator.h"

namespace roux {

// [seq_generator.config] with name = "sampling".
struct SamplingConfig : TextGeneratorConfig {
  double temperature = 1.0;
  std::optional<std::int64_t> top_k;
  double top_p = 0.9;
  double min_p = 0.0;
  double repetition_penalty = 1.0;
  std::vector<std::string> stop;
  std::int64_t max_batch_size = 16;

  static void describe(config::Fields<SamplingConfig>& field);
  void validate(config::Problems& problems) const;
};

// Draws each token from the model's distribution, or takes the likeliest. Texts are written side by
// side: as soon as one ends, the next prompt takes its place. What is written for a prompt depends
// neither on the others nor on how many are written at a time, but for the last bits of the
// model's numbers.
std::unique_ptr<TextGenerator> make_sampling(const SamplingConfig& config,
                                             const WritingModel& model);

}  // namespace roux
