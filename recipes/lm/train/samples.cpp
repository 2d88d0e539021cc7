#include "samples.h"

#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/base/visible.h"
#include "roux/generation/encode_prompt.h"
#include "roux/generation/text_generator.h"
#include "roux/model/language_model.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::lm {
namespace {

std::vector<TokenId> encode(const Tokenizer& tokenizer, const std::string& prompt) {
  std::vector<TokenId> ids = encode_prompt(tokenizer, prompt);
  const auto& bos = tokenizer.special_tokens().bos;
  if (ids.empty() && bos) ids.push_back(*bos);
  if (ids.empty()) {
    throw ConfigError(cat("samples.prompts must hold no text without a token, but holds \"",
                          visible(prompt), '"'));
  }
  return ids;
}

class Samples {
 public:
  Samples(const SamplesConfig& config, TextGenerator& generator, const Tokenizer& tokenizer,
          const RandomStream& random)
      : config_(config), generator_(generator) {
    for (std::size_t i = 0; i < config.prompts.size(); ++i) {
      prompts_.push_back({encode(tokenizer, config.prompts[i]), random.child(i)});
    }
  }

  std::string write() const {
    std::string all;
    const auto texts = generator_.generate(prompts_, {});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string whole = config_.prompts[i] + texts[i].text;
      all += (all.empty() ? "" : "\n\n") + whole;
    }
    return all;
  }

 private:
  const SamplesConfig& config_;
  TextGenerator& generator_;
  std::vector<GenerationPrompt> prompts_;
};

}  // namespace

std::optional<SampleSchedule> make_samples(RecipeContext& context) {
  const auto& config = context.config<SamplesConfig>();
  if (config.prompts.empty()) return std::nullopt;
  const auto samples = std::make_shared<const Samples>(
      config, context.get<TextGenerator>(), context.get<const Tokenizer>(),
      context.get<const RandomStream>().child("samples"));
  return SampleSchedule{.after_n_steps = config.after_n_steps,
                        .every_n_steps = config.every_n_steps,
                        .write = [samples] { return samples->write(); }};
}

}  // namespace roux::lm
