#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/config/scalar_types.h"
#include "roux/model/language_model.h"

namespace roux {

// Changes to a model's settings, each laid over the one before: a card's, a config's.
using ModelOverrides = std::vector<config::RawTable>;

// Models of one kind, which differ in size: a recipe adds its own with
// `container.collect<ModelFamily>(...)`. Everything is built on the meta device.
class ModelFamily {
 public:
  virtual ~ModelFamily() = default;

  virtual std::string name() const = 0;

  // The `model_type`s of Hugging Face's config.json that this family reads.
  virtual std::vector<std::string> model_types() const = 0;

  // The names of its known sizes.
  virtual std::vector<std::string> architectures() const = 0;

  // An empty name is the first of architectures(). Throws ConfigError for one that is not there, or
  // overrides that don't fit.
  virtual std::shared_ptr<LanguageModel> create(const std::string& architecture,
                                                const ModelOverrides& overrides = {}) const = 0;

  // `config`: the text of a config.json. Throws DataError, naming `file`, for what is missing in it
  // or can't be done.
  virtual std::shared_ptr<LanguageModel> create_from_huggingface(
      const std::string& config, const std::filesystem::path& file,
      const ModelOverrides& overrides = {}) const = 0;
};

// The families that a program knows.
class ModelFamilies {
 public:
  // Those of the library.
  static ModelFamilies standard();

  // Throws ConfigError if there is one of that name or model type.
  void add(std::shared_ptr<const ModelFamily> family);

  std::span<const std::shared_ptr<const ModelFamily>> all() const { return families_; }

  // Throws ConfigError with the nearest name if there is none.
  const ModelFamily& get(const std::string& name) const;

  // The family that reads `model_type`, or nullptr.
  const ModelFamily* find_model_type(const std::string& model_type) const;

  std::vector<std::string> names() const;
  std::vector<std::string> model_types() const;

 private:
  std::vector<std::shared_ptr<const ModelFamily>> families_;
};

}  // namespace roux
