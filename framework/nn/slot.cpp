#include "roux/nn/slot.h"

#include <unordered_set>

#include "nn/walk.h"
#include "roux/base/error.h"

namespace roux::nn {

AnySlot::AnySlot(Module& owner, std::string name, const std::shared_ptr<Module>& part)
    : owner_(owner), name_(std::move(name)) {
  owner_.register_module(name_, part);
  owner_.slots_.push_back(this);
}

void AnySlot::put(std::shared_ptr<Module> part, const std::string& shape,
                  const std::string& old) const {
  require(shape == old,
          cat("Slot::replace: ", name_, " is ", old, ", and what replaces it is ", shape));
  owner_.replace_module(name_, std::move(part));
}

std::vector<AnySlotPlace> slot_places(const torch::nn::Module& root) {
  std::vector<AnySlotPlace> places;
  std::unordered_set<const AnySlot*> seen;
  walk(root, "", [&](const torch::nn::Module& module, const std::string& path) {
    const auto* ours = dynamic_cast<const Module*>(&module);
    if (ours == nullptr) return;
    for (AnySlot* slot : ours->slots()) {
      if (seen.insert(slot).second) places.push_back({path_of(path, slot->name()), slot});
    }
  });
  return places;
}

}  // namespace roux::nn
