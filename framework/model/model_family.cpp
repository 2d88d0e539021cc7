#include "roux/model/model_family.h"

#include <algorithm>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {

void ModelFamilies::add(std::shared_ptr<const ModelFamily> family) {
  for (const auto& known : families_) {
    if (known->name() == family->name()) {
      throw ConfigError(cat("there are two model families called \"", family->name(), '"'));
    }
    for (const std::string& type : family->model_types()) {
      const auto types = known->model_types();
      if (std::find(types.begin(), types.end(), type) != types.end()) {
        throw ConfigError(cat("the model families \"", known->name(), "\" and \"", family->name(),
                              "\" both read the model_type \"", type, '"'));
      }
    }
  }
  families_.push_back(std::move(family));
}

const ModelFamily& ModelFamilies::get(const std::string& name) const {
  for (const auto& family : families_) {
    if (family->name() == name) return *family;
  }
  throw ConfigError(cat("there is no model family \"", name, '"', did_you_mean(name, names()),
                        "; there are ", join(names(), ", ")));
}

const ModelFamily* ModelFamilies::find_model_type(const std::string& model_type) const {
  for (const auto& family : families_) {
    const auto types = family->model_types();
    if (std::find(types.begin(), types.end(), model_type) != types.end()) return family.get();
  }
  return nullptr;
}

std::vector<std::string> ModelFamilies::names() const {
  std::vector<std::string> names;
  for (const auto& family : families_) names.push_back(family->name());
  return names;
}

std::vector<std::string> ModelFamilies::model_types() const {
  std::vector<std::string> all;
  for (const auto& family : families_) {
    for (std::string& type : family->model_types()) all.push_back(std::move(type));
  }
  return all;
}

}  // namespace roux
