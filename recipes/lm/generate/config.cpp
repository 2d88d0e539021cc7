#include "config.h"

#include "roux/base/error.h"

namespace roux::lm {

void describe(config::EnumValues<OutputForm>& value) {
  value("auto", OutputForm::Auto, "Text on a terminal, JSON lines elsewhere.");
  value("jsonl", OutputForm::Jsonl, "What generations.jsonl holds.");
  value("text", OutputForm::Text, "Each prompt with what follows it.");
  value("none", OutputForm::None, "Nothing.");
}

void LMGeneratorConfig::describe(config::Fields<LMGeneratorConfig>& field) {
  using C = LMGeneratorConfig;
  field("prompts", &C::prompts, "The texts to go on with.");
  field("prompts_file", &C::prompts_file,
        "A file of further prompts, one a line; of a .jsonl file each line is a string, or an "
        "object with a \"prompt\" or, for a chat, \"messages\".");
  field("num_gens", &C::num_gens, "How many texts are written for each prompt.")
      .between(1, 1'000'000);
  field("interactive", &C::interactive,
        "Ask for prompts on the terminal, and show each text while it is written.");
  field("chat", &C::chat,
        "Take prompts for what a user says, and write them down as the model's chat template does. "
        "Behind `interactive`, the model then knows what was said before.");
  field("chat_template", &C::chat_template,
        "A built-in chat template's name or a .jinja file, in place of the model's.")
      .not_empty();
  field("system", &C::system, "What a chat begins with, as said by the system.");
  field("end_tokens", &C::end_tokens,
        "Further tokens that end a text, such as \"<|im_end|>\"; the tokenizer's own, and those of "
        "the model's generation_config.json, always do.");
  field("output", &C::output, "What is printed on the standard output.");
}

void LMGeneratorConfig::validate(config::Problems& problems) const {
  if (interactive && (!prompts.empty() || prompts_file)) {
    problems.add("interactive", "must not come with prompts, which are asked for then");
  }
  if (!interactive && prompts.empty() && !prompts_file) {
    problems.add("prompts", "must be given, or prompts_file, or interactive");
  }
  if (interactive && num_gens > 1) {
    problems.add("num_gens", cat("must be 1 with interactive, but is ", num_gens));
  }
  for (const auto& [name, given] : {std::pair("chat_template", chat_template.has_value()),
                                    std::pair("system", system.has_value())}) {
    if (given && !chat) problems.add(name, "must come with chat = true");
  }
}

void GenerateConfig::validate(config::Problems& problems) const {
  if (seq_generator.name == "beam_search" && generator.num_gens > 1) {
    problems.add(
        "generator.num_gens",
        cat("must be 1 with beam_search, which looks for one text, but is ", generator.num_gens));
  }
}

void GenerateConfig::describe(config::Fields<GenerateConfig>& field) {
  using C = GenerateConfig;
  field("model", &C::model,
        "The model: a card's name, or the path of a Hugging Face folder, of a training run's "
        "output folder, or of one of its checkpoints.");
  field("tokenizer", &C::tokenizer, "The tokenizer; unset: the model's own, or the run's.");
  field("generator", &C::generator, "What is gone on with, and where the texts go.");
  field("seq_generator", &C::seq_generator, "How tokens are chosen.");
  field("common", &C::common, "What every recipe has.");
}

}  // namespace roux::lm
