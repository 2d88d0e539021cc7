#include "recipe/exported_steps.h"

#include <system_error>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/recipe/found_model.h"

namespace roux {

namespace fs = std::filesystem;

ExportedSteps::ExportedSteps(const fs::path& output_dir)
    : folder_(output_dir / "huggingface"), checkpoints_(output_dir / "checkpoints") {}

void ExportedSteps::write(std::int64_t step, const LanguageModel& model, const Tokenizer& tokenizer,
                          const TokenizerFiles& files) const {
  const fs::path folder = folder_ / cat("step_", step);
  if (!fs::exists(folder)) {
    export_with_tokenizer(model, folder, tokenizer, files);
    log_info("step ", step, " as a Hugging Face folder: ", folder.string());
  }
  remove_old(step);
}

void ExportedSteps::remove_old(std::int64_t step) const {
  const auto kept = list_checkpoints(checkpoints_);
  for (const auto& [old, folder] : list_checkpoints(folder_)) {
    if (old == step || kept.contains(old)) continue;
    std::error_code error;
    fs::remove_all(folder, error);
    if (error) log_warning("cannot remove ", folder.string(), ": ", error.message());
  }
}

}  // namespace roux
