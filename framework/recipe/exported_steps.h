#pragma once

#include <cstdint>
#include <filesystem>

#include "roux/model/card_store.h"
#include "roux/model/language_model.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// The models of a run as Hugging Face folders, OUTPUT_DIR/huggingface/step_N, beside its
// checkpoints: those of checkpoints that are gone go too.
class ExportedSteps {
 public:
  explicit ExportedSteps(const std::filesystem::path& output_dir);

  // Leaves a step that is there already as it is.
  void write(std::int64_t step, const LanguageModel& model, const Tokenizer& tokenizer,
             const TokenizerFiles& files) const;

 private:
  void remove_old(std::int64_t step) const;

  std::filesystem::path folder_;
  std::filesystem::path checkpoints_;
};

}  // namespace roux
