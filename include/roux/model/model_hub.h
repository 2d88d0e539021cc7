#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "roux/config/sections/model.h"
#include "roux/model/card_store.h"
#include "roux/model/language_model.h"
#include "roux/model/model_family.h"

namespace roux {

// A model on the meta device, and where its values are to come from.
struct PlannedModel {
  std::shared_ptr<LanguageModel> model;
  std::optional<std::filesystem::path> weights;  // nullopt: a new one, initialised from the seed
};

// Finds what a [model] section names: a card, a folder, or a family and an architecture.
//
// Immutable; refers to both, which must outlive it.
class ModelHub {
 public:
  ModelHub(const ModelFamilies& families, const CardStore& cards)
      : families_(families), cards_(cards) {}

  // Builds the model, with parameters of the section's dtype. Throws ConfigError or DataError for
  // what is not there or does not fit.
  PlannedModel plan(const ModelConfig& config) const;

  // A model of `family` with the settings that its config_text() told, and `changes` to them.
  PlannedModel remake(const std::string& family, std::string_view settings,
                      const config::RawTable& changes, DType dtype) const;

  // The model that a word of a command line names, as find_checkpoint() has it, with what its card
  // says of it. Parameters have no dtype of their own yet.
  PlannedModel find(const std::string& word) const;

  // What keeps the model of a card from being made, and would only be found by those who use it: a
  // family or an architecture that there is none of, settings that do not fit. "" if nothing does.
  std::string problem_of(const ModelCardEntry& entry) const;

 private:
  PlannedModel plan_card(const ModelConfig& config) const;
  PlannedModel plan_folder(const std::filesystem::path& folder,
                           const std::optional<std::string>& family, const std::string& arch,
                           const ModelOverrides& overrides) const;

  const ModelFamilies& families_;
  const CardStore& cards_;
};

}  // namespace roux
