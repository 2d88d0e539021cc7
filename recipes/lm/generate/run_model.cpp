#include "run_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <map>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/config/load.h"
#include "roux/config/toml.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/nn/flat_parameters.h"

namespace roux::lm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigText = "trainer/config.toml";

// A checkpoint's folder is called step_N.
bool is_checkpoint(const fs::path& path) {
  const fs::path folder = fs::absolute(path / ".").parent_path();
  for (const auto& [step, each] : list_checkpoints(folder.parent_path())) {
    if (each.filename() == folder.filename()) return true;
  }
  return false;
}

std::optional<Checkpoint> newest_whole(const fs::path& folder) {
  const auto found = list_checkpoints(folder);
  std::string problem;
  for (auto each = found.rbegin(); each != found.rend(); ++each) {
    try {
      return Checkpoint(each->second);
    } catch (const DataError& error) {
      log_warning(error.what());
      problem = error.what();
    }
  }
  if (!problem.empty()) {
    throw DataError(cat("every checkpoint in ", folder.string(), " is broken: ", problem));
  }
  return std::nullopt;
}

}  // namespace

void RunSections::describe(config::Fields<RunSections>& field) {
  field("model", &RunSections::model, "The model.");
  field("tokenizer", &RunSections::tokenizer, "The tokenizer.");
}

std::optional<Checkpoint> find_run_checkpoint(const fs::path& path) {
  if (!fs::is_directory(path)) return std::nullopt;
  if (is_checkpoint(path)) return Checkpoint(path);
  if (fs::is_directory(path / "checkpoints")) {
    if (auto checkpoint = newest_whole(path / "checkpoints")) return checkpoint;
  }
  return newest_whole(path);
}

RunSections read_run_sections(const Checkpoint& checkpoint) {
  const std::string file = (checkpoint.folder() / kConfigText).string();
  const auto text = checkpoint.texts().find(kConfigText);
  if (text == checkpoint.texts().end()) {
    throw DataError(cat(checkpoint.folder().string(), " must hold its run's config (", kConfigText,
                        "), but holds none: export the model, and give the folder of that"));
  }
  try {
    const config::Value all = config::parse_toml(text->second, file, "");
    config::Table picked;
    for (const char* section : {"model", "tokenizer"}) {
      if (const auto* found = all.as<config::Table>()->find(section)) picked.set(section, *found);
    }
    auto loaded = config::load_config(config_type<RunSections>(),
                                      {{.table = config::Value(std::move(picked), all.place())}},
                                      config::NoCatalog());
    loaded.problems.throw_if_any();
    return *std::static_pointer_cast<RunSections>(loaded.object);
  } catch (const ConfigError& error) {
    throw DataError(
        cat("the run's config in the checkpoint is none that can be read:\n", error.what()));
  }
}

std::shared_ptr<LanguageModel> load_run_model(const Checkpoint& checkpoint, ModelConfig run,
                                              const ModelConfig& own, const ModelHub& hub) {
  if (own.family || own.arch) {
    throw ConfigError(cat("model.", own.family ? "family" : "arch", " must not be given with ",
                          own.path->string(), ", a training run, which says it itself"));
  }
  run.dtype = own.dtype;
  if (const auto* changes = own.config_overrides.value.as<config::Table>()) {
    auto* settings = run.config_overrides.value.as<config::Table>();
    for (const auto& [key, value] : changes->entries()) settings->set(key, value);
  }
  std::shared_ptr<LanguageModel> model = hub.plan(run).model;
  nn::FlatParameters parameters(*model);
  parameters.materialise(at::kCPU);

  std::map<std::string, DType> stored;
  for (const CheckpointTensorInfo& info : checkpoint.tensors()) stored[info.name] = info.dtype;
  std::vector<CheckpointTensor> targets;
  std::vector<std::pair<at::Tensor, at::Tensor>> converted;
  for (const nn::FlatGroup& group : parameters.groups()) {
    for (const nn::FlatEntry& entry : group.entries) {
      at::Tensor value = nn::entry_of(group.values, entry);
      const std::string name = cat("model/", entry.name);
      const auto found = stored.find(name);
      if (found != stored.end() && to_scalar_type(found->second) != value.scalar_type()) {
        at::Tensor read = at::empty(value.sizes(), to_scalar_type(found->second));
        converted.emplace_back(value, read);
        value = std::move(read);
      }
      targets.push_back({name, std::move(value)});
    }
  }
  checkpoint.read(targets);
  const at::NoGradGuard no_gradients;
  for (const auto& [value, read] : converted) value.copy_(read);
  log_info("the model is of step ", checkpoint.step(), ", ", checkpoint.folder().string());
  return model;
}

}  // namespace roux::lm
