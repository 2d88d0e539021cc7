#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/random.h"
#include "roux/config/load.h"
#include "roux/config/sections/dataset.h"
#include "roux/datasets/dataset.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

// What opening a dataset needs besides its settings.
struct DatasetParts {
  std::shared_ptr<const Tokenizer> tokenizer;
  RandomStream random;
};

// Datasets of one kind. A recipe adds its own with `container.collect<DatasetFamily>(…)`; the
// config names it as dataset.family, and dataset.config_overrides are its settings.
class DatasetFamily {
 public:
  virtual ~DatasetFamily() = default;

  virtual std::string name() const = 0;

  // Throws ConfigError for settings that don't fit, each with its place, and for what is not there.
  virtual std::shared_ptr<const Dataset> open(const DatasetConfig& section,
                                              const DatasetParts& parts) const = 0;
};

// The family's settings, read into its own struct, for open().
template <typename C>
C read_dataset_config(const DatasetConfig& section) {
  const config::LoadedConfig loaded = config::load_config(
      config::config_type<C>(), {{section.config_overrides.value}}, config::NoCatalog());
  loaded.problems.throw_if_any();
  return *static_cast<const C*>(loaded.object.get());
}

// A dataset that has a name, for dataset.name: a family and its settings.
class DatasetCard {
 public:
  virtual ~DatasetCard() = default;

  virtual std::string name() const = 0;

  // `section` with what the card says of what it leaves open.
  virtual DatasetConfig complete(DatasetConfig section) const = 0;
};

// Finds what a [dataset] section names. Refers to families and cards, which must outlive it.
class DatasetHub {
 public:
  DatasetHub(std::vector<const DatasetFamily*> families, std::vector<const DatasetCard*> cards);

  // Throws ConfigError, with the nearest name, for what there is none of.
  std::shared_ptr<const Dataset> open(const DatasetConfig& section,
                                      const DatasetParts& parts) const;

 private:
  std::vector<const DatasetFamily*> families_;
  std::vector<const DatasetCard*> cards_;
};

}  // namespace roux::datasets
