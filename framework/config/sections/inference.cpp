#include "roux/config/sections/inference.h"

namespace roux {
namespace {

template <typename C>
void describe_amp(config::Fields<C>& field) {
  field("amp", &C::amp, "Let LibTorch's autocast choose in which type each operation computes.");
  field("amp_dtype", &C::amp_dtype, "The type that autocast may choose.")
      .one_of({"float32", "bfloat16", "float16"});
}

}  // namespace

void EvaluatorConfig::describe(config::Fields<EvaluatorConfig>& field) {
  describe_amp(field);
}

void GeneratorConfig::describe(config::Fields<GeneratorConfig>& field) {
  describe_amp(field);
}

}  // namespace roux
