#include "roux/nn/flat_parameters.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "nn/walk.h"
#include "roux/base/error.h"
#include "roux/nn/block_stack.h"

namespace roux::nn {
namespace {

// Every parameter starts at a multiple of this, so that vector code and the device's loads are
// aligned in each.
constexpr std::int64_t kAlignmentBytes = 256;

std::int64_t aligned(std::int64_t elements, at::ScalarType dtype) {
  const auto step = kAlignmentBytes / static_cast<std::int64_t>(c10::elementSize(dtype));
  return (elements + step - 1) / step * step;
}

// The paths of all blocks below `root`.
std::vector<std::string> block_paths(const torch::nn::Module& root) {
  std::vector<std::string> paths;
  walk(root, "", [&](const torch::nn::Module& module, const std::string& path) {
    if (dynamic_cast<const BlockStack*>(&module) == nullptr) return;
    for (const auto& child : module.named_children()) {
      paths.push_back(path_of(path, child.key()));
    }
  });
  return paths;
}

// The block that a parameter belongs to; "": it lies outside of all.
std::string block_of(const std::string& name, const std::vector<std::string>& blocks) {
  for (const std::string& block : blocks) {
    if (name.starts_with(block + '.')) return block;
  }
  return "";
}

at::Tensor view_of(const at::Tensor& buffer, const FlatEntry& entry) {
  // A plain view shares the buffer's version counter: writing one parameter would look like a write
  // of all others. variable_data() gives it a counter of its own.
  return entry_of(buffer, entry).variable_data();
}

// Makes a group's parameters views of its values.
void show_values(FlatGroup& group) {
  for (FlatEntry& entry : group.entries) {
    at::Tensor view = view_of(group.values, entry);
    if (entry.place.owner != nullptr) {
      entry.place.owner->assign(*entry.place.declared, view.set_requires_grad(group.trainable));
      entry.place.value = *entry.place.declared->member;
    } else {
      // A foreign module's members and registry share the tensor: only its data can be moved.
      entry.place.value.set_data(view);
    }
  }
}

}  // namespace

at::Tensor entry_of(const at::Tensor& buffer, const FlatEntry& entry) {
  return buffer.narrow(0, entry.offset, entry.numel).view(entry.sizes);
}

FlatParameters::FlatParameters(torch::nn::Module& root) {
  const std::vector<std::string> blocks = block_paths(root);
  std::map<std::tuple<std::string, at::ScalarType, bool>, std::size_t> known;
  std::int64_t number = 0;
  for (ParameterPlace& place : parameter_places(root)) {
    const std::string block = block_of(place.name, blocks);
    const at::ScalarType dtype = place.value.scalar_type();
    const bool trainable = place.value.requires_grad();
    const auto [found, is_new] = known.try_emplace({block, dtype, trainable}, groups_.size());
    if (is_new) groups_.push_back({block, dtype, trainable});
    FlatGroup& group = groups_[found->second];
    const std::int64_t numel = place.value.numel();
    group.entries.push_back(
        {place.name, place, place.value.sizes().vec(), number++, group.numel, numel});
    group.numel += aligned(numel, dtype);
  }
}

const FlatEntry* FlatParameters::find(const std::string& name) const {
  for (const FlatGroup& group : groups_) {
    for (const FlatEntry& entry : group.entries) {
      if (entry.name == name) return &entry;
    }
  }
  return nullptr;
}

void FlatParameters::materialise(at::Device device) {
  for (FlatGroup& group : groups_) {
    group.values = at::zeros({group.numel}, at::TensorOptions(group.dtype).device(device));
    for (const FlatEntry& entry : group.entries) {
      if (entry.place.owner != nullptr) continue;
      view_of(group.values, entry).copy_(entry.place.value.detach());
    }
    show_values(group);
  }
}

void FlatParameters::initialise(const RandomStream& stream) {
  for (const FlatGroup& group : groups_) {
    require(group.values.defined(), "FlatParameters::initialise: not materialised yet");
    for (const FlatEntry& entry : group.entries) {
      if (entry.place.owner == nullptr) continue;
      const at::Tensor whole = view_of(group.values, entry);
      const at::Tensor on_cpu = whole.is_cpu() ? whole : at::zeros(entry.sizes, group.dtype);
      entry.place.declared->init.fill(on_cpu, stream.child(entry.name));
      if (!whole.is_cpu()) whole.copy_(on_cpu);
    }
  }
}

void FlatParameters::compute_in(at::ScalarType dtype) {
  for (FlatGroup& group : groups_) {
    require(group.values.defined(), "FlatParameters::compute_in: not materialised yet");
    require(!group.gradients.defined(), "FlatParameters::compute_in: there are gradients already");
    if (group.dtype == dtype || !at::isFloatingType(group.dtype)) continue;
    at::Tensor rounded = group.values.to(dtype);
    if (group.trainable) group.masters = std::move(group.values);
    group.values = std::move(rounded);
    group.dtype = dtype;
    show_values(group);
  }
}

void FlatParameters::round_masters() {
  for (FlatGroup& group : groups_) {
    if (group.masters.defined()) group.values.copy_(group.masters);
  }
}

void FlatParameters::allocate_gradients(std::optional<at::ScalarType> dtype) {
  for (FlatGroup& group : groups_) {
    if (!group.trainable) continue;
    require(group.values.defined(), "FlatParameters::allocate_gradients: not materialised yet");
    group.gradients = at::zeros(
        {group.numel}, dtype ? group.exact().options().dtype(*dtype) : group.exact().options());
    for (FlatEntry& entry : group.entries) {
      entry.place.value.mutable_grad() = view_of(group.gradients, entry);
    }
  }
}

void FlatParameters::zero_gradients() {
  for (FlatGroup& group : groups_) {
    if (group.gradients.defined()) group.gradients.zero_();
  }
}

}  // namespace roux::nn
