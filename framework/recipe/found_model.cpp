#include "roux/recipe/found_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/config/load.h"
#include "roux/config/toml.h"
#include "roux/datasets/sample_folder.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/modifier/modifier.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigText = "model/config.toml";
constexpr const char* kFamilyText = "model/family.txt";
constexpr const char* kSettingsText = "model/settings.toml";
constexpr std::string_view kModelPrefix = "model/";

// The sections of a run that say what its weights are of.
struct RunSections {
  ModelConfig model;
  TokenizerConfig tokenizer;

  static void describe(config::Fields<RunSections>& field) {
    field("model", &RunSections::model, "The model.");
    field("tokenizer", &RunSections::tokenizer, "The tokenizer.");
  }
};

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

const std::string& text_of(const Checkpoint& checkpoint, const char* name) {
  const auto found = checkpoint.texts().find(name);
  if (found != checkpoint.texts().end()) return found->second;
  throw DataError(cat(checkpoint.folder().string(), " must say what model it holds (", name,
                      "), but does not"));
}

RunSections read_run_sections(const Checkpoint& checkpoint) {
  const std::string file = (checkpoint.folder() / kConfigText).string();
  const std::string& text = text_of(checkpoint, kConfigText);
  try {
    const config::Value all = config::parse_toml(text, file, "");
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

// The checkpoint's names of what stands for each parameter where the model is used.
std::map<std::string, std::string> names_in(const Checkpoint& checkpoint) {
  std::map<std::string, std::string> names;
  for (const CheckpointTensorInfo& info : checkpoint.tensors()) {
    const auto used = info.name.find(cat('/', kUsedPrefix));
    if (info.name.starts_with("modifiers/") && used != std::string::npos) {
      names[info.name.substr(used + 1 + kUsedPrefix.size())] = info.name;
    } else if (info.name.starts_with(kModelPrefix)) {
      names.try_emplace(info.name.substr(kModelPrefix.size()), info.name);
    }
  }
  return names;
}

void read_run(const Checkpoint& checkpoint, nn::FlatParameters& parameters) {
  const auto names = names_in(checkpoint);
  std::map<std::string, DType> stored;
  for (const CheckpointTensorInfo& info : checkpoint.tensors()) stored[info.name] = info.dtype;
  std::vector<CheckpointValue> targets;
  std::vector<std::pair<at::Tensor, at::Tensor>> converted;
  for (const nn::FlatGroup& group : parameters.groups()) {
    for (const nn::FlatEntry& entry : group.entries) {
      at::Tensor value = nn::entry_of(group.values, entry);
      const auto known = names.find(entry.name);
      const std::string name = known != names.end() ? known->second : cat(kModelPrefix, entry.name);
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
}

// Of a run's newest checkpoint; where that is damaged, of the newest before it that is not.
void read_newest(FoundModel& found, nn::FlatParameters& parameters) {
  const fs::path newest = fs::absolute(found.run->folder());
  try {
    return read_run(*found.run, parameters);
  } catch (const DataError& error) {
    if (!found.any_step) throw;
    log_warning(error.what());
  }
  const std::int64_t step = found.run->step();
  const auto all = list_checkpoints(newest.parent_path());
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    if (each->first >= step) continue;
    try {
      Checkpoint older(each->second);
      read_run(older, parameters);
      found.run = std::move(older);
      return;
    } catch (const DataError& error) {
      log_warning(error.what());
    }
  }
  throw DataError(cat("every checkpoint in ", newest.parent_path().string(), " is broken"));
}

bool belongs_to_tokenizer(const std::string& name) {
  for (const char* begin : {"tokenizer", "vocab", "merges", "special_tokens", "added_tokens",
                            "tekken", "chat_template", "config.json", "generation_config.json"}) {
    if (name.starts_with(begin)) return true;
  }
  return name.ends_with(".tiktoken") || name.ends_with(".model");
}

// The model that a checkpoint is of, whatever has become of what it was made from.
std::shared_ptr<LanguageModel> remake(const Checkpoint& checkpoint, const ModelConfig& config,
                                      const ModelHub& hub) {
  return hub
      .remake(text_of(checkpoint, kFamilyText), text_of(checkpoint, kSettingsText),
              config.config_overrides, config.dtype)
      .model;
}

// A checkpoint's folder lies in the run's folder of them.
fs::path tokenizer_beside(const Checkpoint& checkpoint) {
  return fs::absolute(checkpoint.folder()).parent_path().parent_path() / "tokenizer";
}

FoundModel found_in_run(Checkpoint checkpoint, const ModelConfig& config, const ModelHub& hub) {
  if (config.family || config.arch) {
    const std::string key = cat("model.", config.family ? "family" : "arch");
    throw ConfigError(cat(key, " must not be given with ", config.path->string(),
                          ", a training run, which says it itself (", key, "=none)"));
  }
  RunSections run = read_run_sections(checkpoint);
  FoundModel found;
  found.model = remake(checkpoint, config, hub);
  found.origin = std::move(run.model);
  found.run_tokenizer = std::move(run.tokenizer);
  found.kept_tokenizer = tokenizer_beside(checkpoint);
  found.run = std::move(checkpoint);
  found.any_step = !is_checkpoint(*config.path);
  return found;
}

}  // namespace

std::optional<Checkpoint> find_run_checkpoint(const fs::path& path) {
  if (!fs::is_directory(path)) return std::nullopt;
  if (is_checkpoint(path)) return Checkpoint(path);
  if (fs::is_directory(path / "checkpoints")) {
    if (auto checkpoint = newest_whole(path / "checkpoints")) return checkpoint;
  }
  return newest_whole(path);
}

FoundModel find_model(const ModelConfig& config, const ModelHub& hub) {
  if (config.path && !fs::exists(*config.path / "config.json")) {
    if (auto checkpoint = find_run_checkpoint(*config.path)) {
      return found_in_run(std::move(*checkpoint), config, hub);
    }
  }
  PlannedModel planned = hub.plan(config);
  FoundModel found;
  found.model = std::move(planned.model);
  found.weights = std::move(planned.weights);
  found.origin = config;
  return found;
}

std::map<std::string, std::string> describe_model(const LanguageModel& model) {
  return {{kFamilyText, std::string(model.family())}, {kSettingsText, model.config_text()}};
}

std::optional<FoundModel> find_begun_model(const ModelConfig& config, const fs::path& output_dir,
                                           const ModelHub& hub) {
  const fs::path folder = output_dir / "checkpoints";
  if (!fs::is_directory(folder)) return std::nullopt;
  auto checkpoint = newest_whole(folder);
  if (!checkpoint) return std::nullopt;
  FoundModel found;
  ModelConfig unchanged;
  unchanged.dtype = config.dtype;
  found.model = remake(*checkpoint, unchanged, hub);
  found.origin = config;
  found.kept_tokenizer = tokenizer_beside(*checkpoint);
  found.is_begun = true;
  return found;
}

bool read_values(FoundModel& found, nn::FlatParameters& parameters) {
  if (found.is_begun) return true;
  if (found.run) {
    read_newest(found, parameters);
  } else if (found.weights) {
    load_weights(*found.model, SafetensorsReader(*found.weights));
  } else {
    return false;
  }
  return true;
}

void keep_tokenizer(const TokenizerFiles& files, const fs::path& output_dir) {
  const fs::path folder = output_dir / "tokenizer";
  if (fs::exists(folder)) return;
  const TemporaryFolder unfinished(output_dir);
  std::vector<fs::path> all;
  if (fs::is_directory(files.path)) {
    for (const auto& each : fs::directory_iterator(files.path)) {
      if (belongs_to_tokenizer(each.path().filename().string())) all.push_back(each.path());
    }
  } else {
    all.push_back(files.path);
  }
  for (const fs::path& file : all) {
    write_file(unfinished.path() / file.filename(), read_file(file));
  }
  sync_folder(unfinished.path());
  durable_rename(unfinished.path(), folder);
}

TokenizerFiles find_tokenizer(const TokenizerConfig& config, const FoundModel& found,
                              const CardStore& cards) {
  const auto kept = [&](const fs::path& path, const std::string& family) -> TokenizerFiles {
    if (!found.kept_tokenizer || !fs::is_directory(*found.kept_tokenizer)) return {path, family};
    // Of a single file too: it may be gone where it was.
    const fs::path same = *found.kept_tokenizer / path.filename();
    return {fs::is_regular_file(same) ? same : *found.kept_tokenizer, family};
  };
  if (config.path) {
    if (fs::exists(*config.path)) return {*config.path, config.family.value_or("")};
    return kept(*config.path, config.family.value_or(""));
  }
  if (config.name == "sample") {
    const fs::path folder = datasets::default_sample_folder();
    datasets::make_sample_corpus(folder);
    return {folder};
  }
  if (config.name) return cards.tokenizer_of(*config.name);
  const auto& of_run = found.run_tokenizer;
  if (of_run && of_run->path) return kept(*of_run->path, of_run->family.value_or(""));
  if (of_run && of_run->name) {
    return find_tokenizer(*of_run, {.origin = found.origin}, cards);
  }
  if (found.origin.path) return kept(*found.origin.path, "");
  if (found.origin.name) return cards.tokenizer_of(*found.origin.name);
  throw ConfigError("tokenizer.name needs to be specified, as the model brings no tokenizer");
}

void export_with_tokenizer(const LanguageModel& model, const fs::path& folder,
                           const Tokenizer& tokenizer, const TokenizerFiles& files,
                           std::optional<DType> dtype) {
  ExportOptions options{.dtype = dtype, .special_tokens = tokenizer.special_tokens()};
  const fs::path& path = files.path;
  if (fs::is_directory(path)) {
    options.companions = path;
  } else if (path.filename() == "tokenizer.json" || path.filename() == "tokenizer.model") {
    options.companions = fs::absolute(path).parent_path();
  } else {
    log_warning("the tokenizer ", path.string(),
                " has no form that a Hugging Face folder can hold, "
                "and is left out of ",
                folder.string());
  }
  export_huggingface(model, folder, options);
}

}  // namespace roux
