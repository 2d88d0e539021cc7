#include "roux/model/model_hub.h"

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"

namespace roux {

namespace fs = std::filesystem;

namespace {

// Throws ConfigError where the sizes that `folder` holds are not those of the architecture that was
// asked for. A vocabulary and a reach may differ: whoever trains a model on changes them.
void check_architecture(const fs::path& folder, const std::string& arch, const LanguageModel& held,
                        const LanguageModel& asked_for) {
  const config::Value theirs = config::parse_toml(held.config_text(), "", {});
  const config::Value ours = config::parse_toml(asked_for.config_text(), "", {});
  std::vector<std::string> differences;
  for (const auto& [key, value] : ours.as<config::Table>()->entries()) {
    if (key == "vocab_size" || key == "max_seq_len" || key == "sliding_window") continue;
    const config::Value* other = theirs.as<config::Table>()->find(key);
    const auto* size = value.as<std::int64_t>();
    const auto* held_size = other != nullptr ? other->as<std::int64_t>() : nullptr;
    if (size == nullptr || held_size == nullptr || *size == *held_size) continue;
    differences.push_back(cat(key, " is ", *held_size, " and not ", *size));
  }
  if (differences.empty()) return;
  throw ConfigError(cat(folder.string(), " does not hold the architecture \"", arch,
                        "\": ", join(differences, ", "),
                        " (model.name = \"none\" takes the folder as it is)"));
}

}  // namespace

PlannedModel ModelHub::plan(const ModelConfig& config) const {
  PlannedModel planned;
  if (config.name) {
    planned = plan_card(config);
  } else if (config.path) {
    planned = plan_folder(*config.path, config.family, config.arch.value_or(""),
                          {config.config_overrides});
  } else {
    require(config.family.has_value(), "ModelHub: a model needs a name, a path or a family");
    planned.model =
        families_.get(*config.family).create(config.arch.value_or(""), {config.config_overrides});
  }
  nn::set_dtype(*planned.model, to_scalar_type(config.dtype));
  return planned;
}

PlannedModel ModelHub::remake(const std::string& family, std::string_view settings,
                              const config::RawTable& changes, DType dtype) const {
  config::RawTable told;
  told.value = config::parse_toml(settings, "the model's settings", "");
  PlannedModel planned{families_.get(family).create("", {told, changes}), std::nullopt};
  nn::set_dtype(*planned.model, to_scalar_type(dtype));
  return planned;
}

PlannedModel ModelHub::find(const std::string& word) const {
  const fs::path folder = find_checkpoint(word, cards_);
  if (!is_card(word, cards_)) return plan_folder(folder, std::nullopt, "", {});
  return plan_card({.name = word});
}

std::string ModelHub::problem_of(const ModelCardEntry& entry) const {
  const ModelCard& card = entry.card;
  const std::string& chat = entry.chat_template;
  std::error_code ignored;
  if (chat.ends_with(".jinja") && !fs::exists(chat, ignored)) {
    return cat("its chat_template ", chat, " is not there");
  }
  try {
    // Also where the weights' own config is the one that counts: what is named must be there.
    if (card.arch) families_.get(card.family.value()).create(*card.arch, {card.config_overrides});
    if (entry.checkpoint.path) {
      plan_folder(*entry.checkpoint.path, card.family, card.arch.value_or(""),
                  {card.config_overrides});
    } else if (card.family) {
      families_.get(*card.family);
    }
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

PlannedModel ModelHub::plan_card(const ModelConfig& config) const {
  const ModelCardEntry entry = cards_.get(*config.name);
  const fs::path folder = config.path ? *config.path : cards_.checkpoint_of(*config.name);
  return plan_folder(folder, config.family ? config.family : entry.card.family,
                     config.arch.value_or(entry.card.arch.value_or("")),
                     {entry.card.config_overrides, config.config_overrides});
}

PlannedModel ModelHub::plan_folder(const fs::path& folder, const std::optional<std::string>& family,
                                   const std::string& arch, const ModelOverrides& overrides) const {
  if (!fs::exists(folder)) throw ConfigError(cat("there is no file or folder ", folder.string()));
  if (!family && !fs::is_directory(folder)) {
    throw ConfigError(cat(folder.string(), " is a file: give the folder that holds it"));
  }
  if (fs::exists(folder / "config.json")) {
    auto model = create_from_folder(folder, families_, overrides);
    if (family && *family != model->family()) {
      throw ConfigError(cat(folder.string(), " holds a model of the family \"", model->family(),
                            "\", but \"", *family, "\" was asked for"));
    }
    if (!arch.empty()) {
      const auto named = families_.get(std::string(model->family())).create(arch, overrides);
      check_architecture(folder, arch, *model, *named);
    }
    return {std::move(model), folder};
  }
  if (!family) {
    throw ConfigError(cat(folder.string(),
                          " holds no config.json, so that model.family and "
                          "model.arch must say what its weights are of"));
  }
  return {families_.get(*family).create(arch, overrides), folder};
}

}  // namespace roux
