#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "roux/nn/block_stack.h"
#include "roux/nn/flat_parameters.h"
#include "roux/nn/module.h"

namespace roux {

// A parameter to make. A name "blocks.1.x" stands in block 1.
struct Wanted {
  std::string name;
  std::vector<std::int64_t> sizes;
};

// Parameters without a model around them, laid out flat as a model's are.
class SmallModel {
 public:
  // Those named in `frozen` are not trained.
  explicit SmallModel(const std::vector<Wanted>& wanted, at::ScalarType dtype = at::kFloat,
                      const std::vector<std::string>& frozen = {});

  nn::FlatParameters& parameters() { return *parameters_; }

  // Parts of the flat buffers.
  at::Tensor exact(const std::string& name) const;
  at::Tensor rounded(const std::string& name) const;
  at::Tensor gradient(const std::string& name) const;

 private:
  std::shared_ptr<nn::Module> root_;
  std::unique_ptr<nn::FlatParameters> parameters_;
};

// The parameters of tools/parity.d/optimizers.py, in its order.
const std::vector<Wanted>& parity_parameters();
// All but the large one.
std::vector<Wanted> small_parity_parameters();

// Its formulas: numbers between -1 and 1.
at::Tensor formula(std::uint64_t seed, const std::vector<std::int64_t>& sizes);
void fill_start(SmallModel& model);
void fill_gradients(SmallModel& model, std::int64_t step);

}  // namespace roux
