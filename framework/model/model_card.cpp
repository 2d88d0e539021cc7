#include "roux/model/model_card.h"

#include "roux/base/error.h"
#include "roux/model/hub_cache.h"

namespace roux {

void ModelCard::describe(config::Fields<ModelCard>& field) {
  field("base", &ModelCard::base,
        "Another card, which says what this one leaves out. Its own name: the card it replaces.");
  field("replaces", &ModelCard::replaces, "Take the place of the built-in card of this name.");
  field("summary", &ModelCard::summary, "A line for lists.");
  field("family", &ModelCard::family, "The family of the model, such as \"llama\".");
  field("arch", &ModelCard::arch,
        "An architecture of the family; unset: what the checkpoint's own config says.");
  field("config_overrides", &ModelCard::config_overrides,
        "Settings of the model to change over those of the architecture or the checkpoint.");
  field("checkpoint", &ModelCard::checkpoint,
        "The weights: a folder or a file, relative to this file, or hf://ORGANISATION/NAME in the "
        "local Hugging Face cache, with @REVISION if it isn't main.");
  field("tokenizer", &ModelCard::tokenizer,
        "The tokenizer's folder or file, given as the checkpoint is; unset: the checkpoint's.");
  field("tokenizer_family", &ModelCard::tokenizer_family,
        "The tokenizer's family, where its files don't say.");
  field("chat_template", &ModelCard::chat_template,
        "The name of the chat template; unset: what the tokenizer's files say.");
  field("license", &ModelCard::license, "What the weights may be used for, in a few words.");
}

void ModelCard::validate(config::Problems& problems) const {
  if (!family && !checkpoint) {
    problems.add("", "must have a family or a checkpoint: it says nothing of a model");
  }
  if (arch && !family) problems.add("arch", "must come with a family");
  const auto check = [&](const char* key, const std::optional<std::string>& location) {
    if (!location) return;
    try {
      parse_hub_model(*location);
    } catch (const ConfigError& error) {
      problems.add(key, error.what());
    }
  };
  check("checkpoint", checkpoint);
  check("tokenizer", tokenizer);
}

}  // namespace roux
