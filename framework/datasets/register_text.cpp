#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/datasets/dataset_family.h"
#include "roux/datasets/register.h"
#include "roux/datasets/sample_folder.h"
#include "roux/datasets/text_dataset.h"
#include "roux/di/container.h"

namespace roux::datasets {
namespace {

class TextFamily final : public DatasetFamily {
 public:
  std::string name() const override { return "text"; }

  std::shared_ptr<const Dataset> open(const DatasetConfig& section,
                                      const DatasetParts& parts) const override {
    auto config = read_dataset_config<TextDatasetConfig>(section);
    if (section.path) {
      if (!config.sources.empty()) {
        throw ConfigError("dataset.path must be unset where dataset.config_overrides has sources");
      }
      config.sources.push_back({section.path->string(), std::nullopt});
    }
    return open_text_dataset(config, parts.tokenizer, parts.random);
  }
};

// Made on this machine, when it is first asked for.
class SampleCard final : public DatasetCard {
 public:
  std::string name() const override { return "sample"; }

  DatasetConfig complete(DatasetConfig section) const override {
    if (section.path) return section;
    const std::filesystem::path folder = default_sample_folder();
    make_sample_corpus(folder);
    section.path = folder / "train.jsonl";
    auto& settings = *section.config_overrides.value.as<config::Table>();
    if (!settings.find("valid_paths") && !settings.find("valid_share")) {
      const config::Value valid((folder / "valid.jsonl").string(), {});
      settings.set("valid_paths", config::Value(config::Array{valid}, {}));
    }
    return section;
  }
};

}  // namespace

void register_text(di::Container& container) {
  container.collect<DatasetFamily>([] { return std::make_unique<TextFamily>(); });
  container.collect<DatasetCard>([] { return std::make_unique<SampleCard>(); });
  container.provide<DatasetHub>([](di::All<DatasetFamily> families, di::All<DatasetCard> cards) {
    std::vector<const DatasetFamily*> all_families;
    for (DatasetFamily& family : families) all_families.push_back(&family);
    std::vector<const DatasetCard*> all_cards;
    for (DatasetCard& card : cards) all_cards.push_back(&card);
    return std::make_unique<DatasetHub>(std::move(all_families), std::move(all_cards));
  });
}
}  // namespace roux::datasets
