#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "roux/model/language_model.h"
#include "roux/nn/flat_parameters.h"

namespace roux::bench {

// A Llama with tied embeddings, and what it is measured with. tools/bench.d/torch_llama.py has the
// same.
struct LlamaShape {
  std::int64_t dim;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t ffn;
  std::int64_t length;  // of each text
  std::int64_t texts;   // in a batch
  std::int64_t vocabulary = 32'000;

  // Multiplications and additions of a token, forward and backward: six for each weight that is
  // multiplied with, and attention over the whole square.
  double flops_per_token() const;
};

// "small" or "large". Throws ConfigError for another.
LlamaShape llama_shape(const std::string& name);

struct Llama {
  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<nn::FlatParameters> parameters;

  std::int64_t num_parameters() const;
};

// With its memory and its first values, as a recipe makes it. `max_length`: the longest text.
Llama make_llama(const LlamaShape& shape, std::int64_t max_length);

// "float32" or "bfloat16". Throws ConfigError for another.
at::ScalarType dtype_of(const std::string& name);

}  // namespace roux::bench
