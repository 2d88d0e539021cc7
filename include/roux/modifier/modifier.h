#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "roux/nn/flat_parameters.h"
#include "roux/nn/module.h"

namespace roux {

// What stands for the parameter NAME where the model is used (use_begins() below) is saved under
// this and NAME: whoever reads a checkpoint to use its model, takes that.
inline constexpr std::string_view kUsedPrefix = "used/";

// A tensor that a modifier keeps from step to step, by a name of its own.
struct ModifierTensor {
  std::string name;
  at::Tensor value;
};

// Something that a config adds to any training recipe: [[modifiers]] names them, in the order in
// which they are called. Each member is called at the moment that it is named after; a modifier
// overrides those that it needs.
//
// A recipe registers its own: container.component<Modifier>("name", [](const ItsConfig&, …) {…}).
class Modifier {
 public:
  virtual ~Modifier() = default;

  // The model stands, on the meta device: freeze, swap what is in its slots, wrap its blocks.
  virtual void model_built(nn::Module& /*model*/) {}

  // Its parameters have their first values; a run that goes on fills them again, and state().
  // `parameters` lives on.
  virtual void parameters_ready(nn::FlatParameters& /*parameters*/) {}

  virtual void train_begins() {}
  virtual void train_ends() {}

  // `step` is counted from 0. A step that was skipped changed nothing.
  virtual void step_begins(std::int64_t /*step*/) {}
  virtual void step_ends(std::int64_t /*step*/, bool /*skipped*/) {}

  // Between these two calls the model stands for what the run has learned: it is validated,
  // exported, or asked for samples.
  virtual void use_begins() {}
  virtual void use_ends() {}

  // Saved, and filled again, with a checkpoint.
  virtual std::vector<ModifierTensor> state() { return {}; }
};

}  // namespace roux
