#include "model/decoder_family.h"

#include <algorithm>
#include <utility>

#include "model/decoder_model.h"
#include "model/huggingface_keys.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/load.h"
#include "roux/config/type.h"
#include "roux/model/model_family.h"

namespace roux {
namespace {

// `base` with the fields that `overrides` names. Throws ConfigError for what doesn't fit.
DecoderConfig changed(const DecoderConfig& base, const ModelOverrides& overrides) {
  const config::ConfigType type = config::config_type<DecoderConfig>();
  std::vector<config::ConfigSource> sources{{type->write(&base)}};
  for (const config::RawTable& table : overrides) sources.push_back({table.value});
  const config::LoadedConfig loaded = config::load_config(type, sources, config::NoCatalog());
  loaded.problems.throw_if_any();
  return *static_cast<const DecoderConfig*>(loaded.object.get());
}

class DecoderModelFamily final : public ModelFamily {
 public:
  explicit DecoderModelFamily(DecoderFamily family)
      : family_(std::make_shared<const DecoderFamily>(std::move(family))) {}

  std::string name() const override { return std::string(family_->name); }

  std::vector<std::string> model_types() const override {
    return {family_->model_types.begin(), family_->model_types.end()};
  }

  std::vector<std::string> architectures() const override {
    std::vector<std::string> names;
    for (const auto& each : family_->architectures) names.emplace_back(each.name);
    return names;
  }

  std::shared_ptr<LanguageModel> create(const std::string& architecture,
                                        const ModelOverrides& overrides) const override {
    const auto& all = family_->architectures;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) {
      return architecture.empty() || each.name == architecture;
    });
    if (found == all.end()) {
      throw ConfigError(cat("the model family \"", family_->name, "\" has no architecture \"",
                            architecture, '"', did_you_mean(architecture, architectures()),
                            "; it has ", join(architectures(), ", ")));
    }
    return std::make_shared<DecoderModel>(family_, changed(found->config, overrides));
  }

  std::shared_ptr<LanguageModel> create_from_huggingface(
      const std::string& config, const std::filesystem::path& file,
      const ModelOverrides& overrides) const override {
    const HuggingFaceConfig written(config, file);
    const DecoderConfig read = family_->read(written);
    const auto checked =
        config::check_config(config::config_type<DecoderConfig>(), &read, config::NoCatalog());
    if (checked.problems.any()) refuse_as_written(written, checked.problems);
    return std::make_shared<DecoderModel>(family_, changed(read, overrides));
  }

 private:
  std::shared_ptr<const DecoderFamily> family_;
};

}  // namespace

TensorMap tensor_map(const DecoderFamily& family, const DecoderConfig& config) {
  TensorMap map;
  family.map(config, map);
  return map;
}

std::shared_ptr<const ModelFamily> make_decoder_family(DecoderFamily family) {
  return std::make_shared<DecoderModelFamily>(std::move(family));
}

}  // namespace roux
