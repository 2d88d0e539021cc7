#include "optim/small_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

class Bag final : public nn::Block {
 public:
  void add(const std::string& name, const std::vector<std::int64_t>& sizes) {
    parameter(members_.emplace_back(), name, sizes, nn::Init::zeros());
  }
  void add_stack(std::shared_ptr<nn::BlockStack> stack) {
    register_module("blocks", std::move(stack));
  }
  nn::BlockOutput forward(const at::Tensor& hidden, const nn::PassContext&) override {
    return {hidden, {}};
  }

 private:
  std::deque<at::Tensor> members_;  // whose addresses stay
};

std::shared_ptr<nn::Module> make_root(const std::vector<Wanted>& wanted) {
  auto root = std::make_shared<Bag>();
  std::map<std::string, std::shared_ptr<Bag>> blocks;
  for (const Wanted& each : wanted) {
    const auto parts = split(each.name, '.');
    if (parts.size() == 1) {
      root->add(each.name, each.sizes);
      continue;
    }
    auto& block = blocks[parts.at(1)];
    if (block == nullptr) block = std::make_shared<Bag>();
    block->add(parts.at(2), each.sizes);
  }
  if (!blocks.empty()) {
    auto stack = std::make_shared<nn::BlockStack>();
    for (const auto& [number, block] : blocks) stack->push_back(block);
    root->add_stack(stack);
  }
  return root;
}

std::uint64_t number_of(const std::string& name) {
  const auto& all = parity_parameters();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Wanted& each) { return each.name == name; });
  require(found != all.end(), "a parameter of tools/parity.d/optimizers.py");
  return static_cast<std::uint64_t>(found - all.begin());
}

at::Tensor part(const nn::FlatParameters& parameters, const std::string& name,
                const at::Tensor& (*buffer)(const nn::FlatGroup&)) {
  for (const nn::FlatGroup& group : parameters.groups()) {
    for (const nn::FlatEntry& entry : group.entries) {
      if (entry.name == name) return nn::entry_of(buffer(group), entry);
    }
  }
  throw InternalError("no parameter " + name);
}

}  // namespace

SmallModel::SmallModel(const std::vector<Wanted>& wanted, at::ScalarType dtype,
                       const std::vector<std::string>& frozen)
    : root_(make_root(wanted)) {
  nn::set_dtype(*root_, dtype);
  for (const nn::ParameterPlace& place : nn::parameter_places(*root_)) {
    if (std::find(frozen.begin(), frozen.end(), place.name) != frozen.end()) {
      place.owner->assign(*place.declared, at::Tensor(place.value).set_requires_grad(false));
    }
  }
  parameters_ = std::make_unique<nn::FlatParameters>(*root_);
  parameters_->materialise(at::kCPU);
}

at::Tensor SmallModel::exact(const std::string& name) const {
  return part(*parameters_, name,
              [](const nn::FlatGroup& group) -> const at::Tensor& { return group.exact(); });
}

at::Tensor SmallModel::rounded(const std::string& name) const {
  return part(*parameters_, name,
              [](const nn::FlatGroup& group) -> const at::Tensor& { return group.values; });
}

at::Tensor SmallModel::gradient(const std::string& name) const {
  return part(*parameters_, name,
              [](const nn::FlatGroup& group) -> const at::Tensor& { return group.gradients; });
}

const std::vector<Wanted>& parity_parameters() {
  static const std::vector<Wanted> all{
      {"embed", {10, 8}},     {"blocks.0.up", {12, 8}},        {"blocks.0.wide", {6, 16}},
      {"blocks.0.bias", {5}}, {"blocks.1.experts", {2, 4, 6}}, {"head", {10, 8}},
      {"large", {20, 256}}};
  return all;
}

std::vector<Wanted> small_parity_parameters() {
  std::vector<Wanted> all = parity_parameters();
  all.pop_back();
  return all;
}

at::Tensor formula(std::uint64_t seed, const std::vector<std::int64_t>& sizes) {
  at::Tensor numbers = at::empty(sizes, at::kDouble);
  auto* data = numbers.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    std::uint64_t x = (static_cast<std::uint64_t>(i) + (seed << 32) + 1) * 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    x ^= x >> 31;
    data[i] = static_cast<double>(x >> 40) * 0x1p-23 - 1.0;
  }
  return numbers;
}

void fill_start(SmallModel& model) {
  for (const nn::FlatGroup& group : model.parameters().groups()) {
    for (const nn::FlatEntry& entry : group.entries) {
      nn::entry_of(group.exact(), entry).copy_(formula(number_of(entry.name), entry.sizes));
    }
  }
  model.parameters().round_masters();
}

void fill_gradients(SmallModel& model, std::int64_t step) {
  for (const nn::FlatGroup& group : model.parameters().groups()) {
    if (!group.trainable) continue;
    for (const nn::FlatEntry& entry : group.entries) {
      const auto seed = 100 + 10 * static_cast<std::uint64_t>(step) + number_of(entry.name);
      const at::Tensor numbers = formula(seed, entry.sizes);
      nn::entry_of(group.gradients, entry).copy_(numbers * numbers * numbers);
    }
  }
}

}  // namespace roux
