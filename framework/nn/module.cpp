#include "roux/nn/module.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <unordered_set>

#include "nn/walk.h"
#include "roux/base/error.h"

namespace roux::nn {

void Module::parameter(at::Tensor& member, std::string name, at::IntArrayRef sizes, Init init) {
  member = register_parameter(name, at::empty(sizes, at::TensorOptions(at::kMeta)));
  declared_.push_back({std::move(name), &member, init});
}

void Module::assign(const Declared& parameter, at::Tensor value) {
  require(value.sizes() == parameter.member->sizes(), "Module::assign: the shape is another one");
  *parameter.member = value;
  parameters_[parameter.name] = std::move(value);
}

void Module::to(torch::Device /*device*/, torch::Dtype /*dtype*/, bool /*non_blocking*/) {
  require(false, "to() would leave the flat memory: call set_dtype(), then materialise() there");
}

void Module::to(torch::Dtype /*dtype*/, bool /*non_blocking*/) {
  require(false, "to() would leave the flat memory: call set_dtype() before materialise()");
}

void Module::to(torch::Device /*device*/, bool /*non_blocking*/) {
  require(false, "to() would leave the flat memory: call materialise() with the device");
}

void Module::zero_grad(bool /*set_to_none*/) {
  require(false,
          "zero_grad() would drop the flat gradients: call FlatParameters::zero_gradients()");
}

void walk(const torch::nn::Module& root, const std::string& path, const Visitor& visit) {
  visit(root, path);
  for (const auto& child : root.named_children()) {
    walk(*child.value(), path_of(path, child.key()), visit);
  }
}

std::vector<ParameterPlace> parameter_places(const torch::nn::Module& root) {
  std::vector<ParameterPlace> places;
  std::unordered_set<const void*> seen;
  walk(root, "", [&](const torch::nn::Module& module, const std::string& path) {
    // The tree is only looked at here; its owner, who hands out the places, may change it.
    auto* ours = const_cast<Module*>(dynamic_cast<const Module*>(&module));
    for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
      if (!seen.insert(parameter.value().unsafeGetTensorImpl()).second) continue;
      ParameterPlace place{path_of(path, parameter.key()), nullptr, nullptr, parameter.value()};
      if (ours != nullptr) {
        const auto& declared = ours->declared();
        const auto found = std::find_if(declared.begin(), declared.end(), [&](const auto& each) {
          return each.name == parameter.key();
        });
        if (found != declared.end()) {
          place.owner = ours;
          place.declared = &*found;
        }
      }
      places.push_back(std::move(place));
    }
  });
  return places;
}

void set_dtype(torch::nn::Module& root, at::ScalarType dtype,
               const std::function<bool(const std::string& name)>& which) {
  for (const ParameterPlace& place : parameter_places(root)) {
    if (place.owner == nullptr || !place.value.is_floating_point()) continue;
    if (which && !which(place.name)) continue;
    require(place.value.is_meta(), "set_dtype: the parameters have their memory already");
    place.owner->assign(*place.declared,
                        at::empty(place.value.sizes(), place.value.options().dtype(dtype))
                            .set_requires_grad(place.value.requires_grad()));
  }
}

std::int64_t parameter_count(const torch::nn::Module& root) {
  std::int64_t count = 0;
  for (const ParameterPlace& place : parameter_places(root)) count += place.value.numel();
  return count;
}

}  // namespace roux::nn
