#pragma once

#include <memory>
#include <span>

#include "roux/base/random.h"
#include "roux/config/sections/trainer.h"
#include "roux/model/language_model.h"
#include "roux/modifier/modifier.h"
#include "roux/nn/flat_parameters.h"
#include "roux/recipe/found_model.h"

namespace roux {

// A model that is ready to be trained, and the memory of its parameters.
struct AssembledModel {
  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<nn::FlatParameters> parameters;  // before the model: they refer to it
};

// The one place where a model is put together: found without memory, changed by the modifiers in
// their order, laid out flat, filled from its checkpoint or from the seed, and rounded to what it
// computes in.
//
// On the meta device it is neither filled nor given memory: to see that it can be put together.
AssembledModel assemble_model(FoundModel found, const TrainerConfig& trainer,
                              std::span<Modifier* const> modifiers, const RandomStream& random,
                              at::Device device = at::kCPU);

}  // namespace roux
