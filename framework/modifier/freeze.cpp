#include "roux/modifier/freeze.h"

#include <algorithm>
#include <regex>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/nn/module.h"

namespace roux {
namespace {

class Freeze final : public Modifier {
 public:
  explicit Freeze(const FreezeConfig& config) : patterns_(config.params) {
    for (const std::string& pattern : patterns_) {
      try {
        regexes_.emplace_back(pattern);
      } catch (const std::regex_error& error) {
        throw ConfigError(cat("freeze: params must be regular expressions, but is \"", pattern,
                              "\": ", error.what()));
      }
    }
  }

  void model_built(nn::Module& model) override {
    const auto places = nn::parameter_places(model);
    std::int64_t frozen = 0;
    std::int64_t trained = 0;
    std::vector<bool> used(regexes_.size());
    for (const nn::ParameterPlace& place : places) {
      bool freezes = false;
      for (std::size_t i = 0; i < regexes_.size(); ++i) {
        if (!begins_with(place.name, regexes_[i])) continue;
        used[i] = true;
        freezes = true;
      }
      if (freezes) at::Tensor(place.value).set_requires_grad(false);
      (place.value.requires_grad() ? trained : frozen) += place.value.numel();
    }
    const auto unused = std::find(used.begin(), used.end(), false);
    if (unused != used.end()) {
      throw ConfigError(cat("freeze: no parameter's name begins with \"",
                            patterns_[static_cast<std::size_t>(unused - used.begin())],
                            "\"; there is ", places.empty() ? "none" : places.front().name,
                            ", for one"));
    }
    if (trained == 0) throw ConfigError("freeze: params leaves nothing to be trained");
    log_info("freezes ", frozen, " of ", frozen + trained, " parameters");
  }

 private:
  static bool begins_with(const std::string& name, const std::regex& regex) {
    return std::regex_search(name, regex, std::regex_constants::match_continuous);
  }

  std::vector<std::string> patterns_;
  std::vector<std::regex> regexes_;
};

}  // namespace

void FreezeConfig::describe(config::Fields<FreezeConfig>& field) {
  field("params", &FreezeConfig::params,
        "Regular expressions: a parameter whose name begins with one of them is not trained.")
      .required();
}

std::unique_ptr<Modifier> make_freeze(const FreezeConfig& config) {
  return std::make_unique<Freeze>(config);
}

}  // namespace roux
