#include "roux/config/sections/dataset.h"

namespace roux {

void DatasetConfig::describe(config::Fields<DatasetConfig>& field) {
  field("name", &DatasetConfig::name, "A dataset card: says family and where the files are.");
  field("path", &DatasetConfig::path, "A file, a folder or a glob, in place of the card's.");
  field("family", &DatasetConfig::family, "How the files are read, where no card says so.");
  field("config_overrides", &DatasetConfig::config_overrides,
        "Settings of the dataset to change over those of the card or the family.");
  field("num_shards", &DatasetConfig::num_shards,
        "Into how many logical shards the data is split. A run can go on with any number of data "
        "ranks that divides it.")
      .at_least(1);
}

void DatasetConfig::validate(config::Problems& problems) const {
  if (!name && !path && !family) problems.needs("name");
}

}  // namespace roux
