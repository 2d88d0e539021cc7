#include <memory>

#include "roux/config/sections/common.h"
#include "roux/di/container.h"
#include "roux/model/card_store.h"
#include "roux/model/model_family.h"
#include "roux/model/model_hub.h"
#include "roux/recipe/composition.h"

namespace roux {

void register_models(di::Container& container) {
  container.provide<ModelFamilies>([](di::All<ModelFamily> added) {
    auto families = std::make_unique<ModelFamilies>(ModelFamilies::standard());
    // The container owns them, and outlives what it provides.
    for (ModelFamily& family : added) families->add({std::shared_ptr<void>(), &family});
    return families;
  });
  container.provide<CardStore>([](const ModelCommonConfig& common) {
    return std::make_unique<CardStore>(CardStore::user_folders(common.assets));
  });
  container.provide<ModelHub>([](ModelFamilies& families, CardStore& cards) {
    return std::make_unique<ModelHub>(families, cards);
  });
}

}  // namespace roux
