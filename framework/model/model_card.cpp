#include "roux/model/model_card.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/model/hub_cache.h"
#include "roux/tokenizer/chat_template.h"
#include "roux/tokenizer/load.h"

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
        "How a tiktoken file splits text, and its special tokens, where its name doesn't say: "
        "llama3, qwen, gpt2, cl100k_base, o200k_base.");
  field("chat_template", &ModelCard::chat_template,
        "How the model writes conversations down: the name of a built-in template, or a file that "
        "ends in .jinja, relative to this file; unset: what lies beside the tokenizer.");
  field("license", &ModelCard::license, "What the weights may be used for, in a few words.");
}

namespace {

void check_chat_template(const std::string& given, config::Problems& problems) {
  if (given.ends_with(".jinja")) return;
  const auto known = ChatTemplate::builtin_names();
  if (std::ranges::find(known, given) != known.end()) return;
  problems.add("chat_template",
               cat("must be a file that ends in .jinja, or a built-in one (", join(known, ", "),
                   "), but is \"", given, "\"", did_you_mean(given, known)));
}

void check_tokenizer_family(const std::string& given, config::Problems& problems) {
  try {
    tiktoken_family(given, 0);
  } catch (const ConfigError& error) {
    problems.add("tokenizer_family", error.what());
  }
}

}  // namespace

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
  if (tokenizer_family) check_tokenizer_family(*tokenizer_family, problems);
  if (chat_template) check_chat_template(*chat_template, problems);
}

}  // namespace roux
