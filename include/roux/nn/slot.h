#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roux/nn/module.h"

namespace roux::nn {

// A slot of either kind, as its owner remembers it.
class AnySlot {
 public:
  AnySlot(const AnySlot&) = delete;
  AnySlot& operator=(const AnySlot&) = delete;
  virtual ~AnySlot() = default;

  const std::string& name() const { return name_; }

 protected:
  AnySlot(Module& owner, std::string name, const std::shared_ptr<Module>& part);

  // Puts `part` into the owner's registry. Requires: its `shape` is the `old` one's.
  void put(std::shared_ptr<Module> part, const std::string& shape, const std::string& old) const;

 private:
  Module& owner_;
  std::string name_;
};

// The place of a matrix multiply in its owner, who calls through it: what replace() puts there is
// what runs, is found by parameters(), trained and saved. P says what may stand there: a Projection
// or an ExpertProjection.
template <typename P>
class Slot final : public AnySlot {
 public:
  // Registers itself and `part` with the owner. Must live as long as the owner: a member.
  Slot(Module& owner, std::string name, std::shared_ptr<P> part)
      : AnySlot(owner, std::move(name), part), part_(std::move(part)) {}

  template <typename... Inputs>
  at::Tensor operator()(const Inputs&... inputs) const {
    return part_->forward(inputs...);
  }
  const std::shared_ptr<P>& get() const { return part_; }

  // Returns the one that stood there, so that the new one may keep it as its child. Requires: the
  // same shape.
  std::shared_ptr<P> replace(std::shared_ptr<P> part) {
    put(part, part ? part->shape() : "nothing", part_->shape());
    return std::exchange(part_, std::move(part));
  }

 private:
  std::shared_ptr<P> part_;
};

struct AnySlotPlace {
  std::string name;  // the path of what stands there: "layers.0.self_attn.q_proj"
  AnySlot* slot;
};

// Every slot below `root`, in the order of registration. One whose owner is used in several places
// is listed once.
std::vector<AnySlotPlace> slot_places(const torch::nn::Module& root);

template <typename P>
struct SlotPlace {
  std::string name;
  Slot<P>* slot;
};

// Those of one kind.
template <typename P>
std::vector<SlotPlace<P>> slots_of(const torch::nn::Module& root) {
  std::vector<SlotPlace<P>> places;
  for (AnySlotPlace& place : slot_places(root)) {
    if (auto* slot = dynamic_cast<Slot<P>*>(place.slot)) {
      places.push_back({std::move(place.name), slot});
    }
  }
  return places;
}

}  // namespace roux::nn
