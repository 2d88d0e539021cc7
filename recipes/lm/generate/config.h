#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/choice.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/generation/sampling.h"

namespace roux::lm {

enum class OutputForm { Auto, Jsonl, Text, None };

void describe(config::EnumValues<OutputForm>& value);

// [generator]: what is gone on with, and where the texts go.
struct LMGeneratorConfig {
  std::vector<std::string> prompts;
  std::optional<std::filesystem::path> prompts_file;
  std::int64_t num_gens = 1;
  bool interactive = false;
  bool chat = false;
  std::optional<std::string> chat_template;
  std::optional<std::string> system;
  std::vector<std::string> end_tokens;
  OutputForm output = OutputForm::Auto;

  static void describe(config::Fields<LMGeneratorConfig>& field);
  void validate(config::Problems& problems) const;
};

struct GenerateConfig {
  ReferenceModelConfig model;
  TokenizerConfig tokenizer;
  LMGeneratorConfig generator;
  config::Choice<TextGenerator> seq_generator{"sampling", SamplingConfig{}};
  ModelCommonConfig common;

  static void describe(config::Fields<GenerateConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux::lm
