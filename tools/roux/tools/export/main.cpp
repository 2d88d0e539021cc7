// `roux export`: a training run's model as a folder that others read.
#include <filesystem>
#include <iostream>
#include <string>

#include "roux/base/dtype.h"
#include "roux/base/error.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_tokenizer.h"
#include "roux/nn/flat_parameters.h"
#include "roux/recipe/found_model.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

// What the run keeps its parameters in.
DType stored_dtype(const Checkpoint& checkpoint) {
  for (const CheckpointTensorInfo& info : checkpoint.tensors()) {
    if (info.name.starts_with("model/")) return info.dtype;
  }
  throw DataError(cat(checkpoint.folder().string(), " holds no model"));
}

// A checkpoint's folder lies in the run's folder of them.
fs::path run_folder(const Checkpoint& checkpoint) {
  return fs::absolute(checkpoint.folder()).parent_path().parent_path();
}

void check_new(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  throw ConfigError(cat("export: ", folder.string(), " exists: give a new one with --output"));
}

int run(const Arguments& arguments) {
  const fs::path given = arguments.operands[0];
  const auto checkpoint = find_run_checkpoint(given);
  if (!checkpoint) {
    throw ConfigError(cat("export: there is no training run in ", given.string(),
                          " (an output folder with checkpoints, or one of them)"));
  }
  if (arguments.has("--output")) check_new(arguments.text("--output"));
  const DType dtype = arguments.has("--dtype") ? parse_dtype(arguments.text("--dtype")).value()
                                               : stored_dtype(*checkpoint);

  const CardStore cards(CardStore::user_folders({}));
  const ModelFamilies families = ModelFamilies::standard();
  const ModelConfig config{.path = given, .dtype = dtype};
  FoundModel found = find_model(config, ModelHub(families, cards));
  const TokenizerFiles files = find_tokenizer({}, found, cards);
  const auto tokenizer = load_tokenizer(files);
  nn::FlatParameters parameters(*found.model);
  parameters.materialise(at::kCPU);
  read_values(found, parameters);

  const fs::path folder = arguments.has("--output") ? fs::path(arguments.text("--output"))
                                                    : run_folder(*found.run) / "huggingface" /
                                                          cat("step_", found.run->step());
  check_new(folder);
  export_with_tokenizer(*found.model, folder, *tokenizer, files);
  std::cout << folder.string() << '\n';
  return 0;
}

const Tool& export_tool() {
  static const Tool tool{
      "export",
      "writes a training run's model as a Hugging Face folder",
      "",
      {{.operands = {"RUN"},
        .options = {{.name = "--output",
                     .value = "FOLDER",
                     .help = "a new folder; huggingface/step_N in the run's unless given",
                     .letter = "-o"},
                    {.name = "--dtype",
                     .value = "NAME",
                     .help = "of the weights; what the run keeps them in unless given",
                     .choices = {"float32", "bfloat16", "float16"}}},
        .details = "RUN is the output folder of a training run, whose newest whole checkpoint is "
                   "taken, or\none of its checkpoints (RUN/checkpoints/step_N). Where the run "
                   "keeps averages of its\nweights (the modifier ema), those are written. The "
                   "tokenizer is written with it.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::export_tool(), argc, argv);
}
