#pragma once

#include <optional>
#include <string>

#include "roux/config/fields.h"

namespace roux {

// What is known of a model by its name: what it is made of, and where its files lie. A TOML file
// holds cards, each a table with the card's name:
//
//   [my_llama]
//   base = "llama3_2_1b"            # has what this card leaves out
//   checkpoint = "../weights/mine"  # relative to this file
//
// docs/models.md tells the rest.
struct ModelCard {
  std::optional<std::string> base;
  bool replaces = false;
  std::string summary;
  std::optional<std::string> family;
  std::optional<std::string> arch;
  config::RawTable config_overrides;
  std::optional<std::string> checkpoint;
  std::optional<std::string> tokenizer;
  std::optional<std::string> tokenizer_family;
  std::optional<std::string> chat_template;
  std::optional<std::string> license;

  static void describe(config::Fields<ModelCard>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
