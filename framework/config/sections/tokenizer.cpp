#include "roux/config/sections/tokenizer.h"

namespace roux {

void TokenizerConfig::describe(config::Fields<TokenizerConfig>& field) {
  field("name", &TokenizerConfig::name, "A tokenizer's or a model's card.");
  field("path", &TokenizerConfig::path, "A tokenizer's file or folder, in place of the card's.");
  field("family", &TokenizerConfig::family, "The family of `path` where its files don't say.");
  field("config_overrides", &TokenizerConfig::config_overrides,
        "Settings of the tokenizer to change over those of the card.");
}

}  // namespace roux
