#include "roux/datasets/dataset_family.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::datasets {
namespace {

template <typename T>
std::vector<std::string> names_of(const std::vector<const T*>& all) {
  std::vector<std::string> names;
  for (const T* one : all) names.push_back(one->name());
  return names;
}

template <typename T>
void check_names(const std::vector<const T*>& all, std::string_view what) {
  std::vector<std::string> names = names_of(all);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw ConfigError(cat("there are two ", what, " called \"", *twice, '"'));
}

template <typename T>
const T& find(const std::vector<const T*>& all, const std::string& name, std::string_view what) {
  for (const T* one : all) {
    if (one->name() == name) return *one;
  }
  const auto names = names_of(all);
  throw ConfigError(cat("there is no ", what, " \"", name, '"', did_you_mean(name, names),
                        names.empty() ? "" : "; there are ", join(names, ", ")));
}

}  // namespace

DatasetHub::DatasetHub(std::vector<const DatasetFamily*> families,
                       std::vector<const DatasetCard*> cards)
    : families_(std::move(families)), cards_(std::move(cards)) {
  check_names(families_, "dataset families");
  check_names(cards_, "datasets");
}

std::shared_ptr<const Dataset> DatasetHub::open(const DatasetConfig& section,
                                                const DatasetParts& parts) const {
  DatasetConfig config = section;
  if (config.name) config = find(cards_, *config.name, "dataset").complete(std::move(config));
  return find(families_, config.family.value_or("text"), "dataset family").open(config, parts);
}

}  // namespace roux::datasets
