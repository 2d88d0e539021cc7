#include "roux/config/sections/model.h"

namespace roux {

void ModelConfig::describe(config::Fields<ModelConfig>& field) {
  field("name", &ModelConfig::name,
        "A model card, such as \"llama3_2_1b\": says family, architecture, and where the weights "
        "are. `roux models` lists them.");
  field(
      "path", &ModelConfig::path,
      "A folder of weights, in place of the card's: a Hugging Face folder or a run's checkpoint.");
  field("family", &ModelConfig::family,
        "The family of a new model, or of `path` where its files don't say.");
  field("arch", &ModelConfig::arch,
        "An architecture of the family; unset: the family's own defaults.");
  field("config_overrides", &ModelConfig::config_overrides,
        "Settings of the model to change over those of the card or the architecture.");
  field("dtype", &ModelConfig::dtype,
        "The type in which parameters are kept. Computing is trainer.mixed_precision's.")
      .one_of({"float64", "float32", "bfloat16", "float16"});
  field.retired("mmap", "weights are read straight into the parameters, each once");
  field.retired("compile", "there is no tracing compiler here: operations are fused ahead of time");
  field.retired("compile_options", "there is no tracing compiler here");
}

void ModelConfig::validate(config::Problems& problems) const {
  if (!name && !path && !family) problems.needs("name");
  if (arch && !family && !name) problems.add("arch", "must come with a family");
}

void ReferenceModelConfig::describe(config::Fields<ReferenceModelConfig>& field) {
  field.inherit<ModelConfig>();
}

void ReferenceModelConfig::validate(config::Problems& problems) const {
  // New weights are no reference.
  if (!name && !path) problems.needs("name");
}

}  // namespace roux
