#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "roux/nn/module.h"

namespace roux::nn {

class BlockStack;

// Finds where NaN and infinities begin: throws an Error that names the first module whose output,
// or whose gradients, have some, and a parameter of it that has. Reads each of them once more, and
// changes no bit.
class FiniteChecks {
 public:
  enum class Scope {
    Nothing,
    Forward,  // where gradients may overflow by design, as float16's do under a loss scale
    ForwardAndBackward,
  };

  FiniteChecks() = default;
  explicit FiniteChecks(Scope scope) : scope_(scope) {}

  // `output` is what the module at `path` gave. `role` follows the path in messages: " as lm_head".
  void output(const at::Tensor& output, const Module& module, const std::string& path,
              const std::string& role = "") const;

  // What the module is to be given in place of `input`: once its backward pass is through, its
  // gradients are looked at. It must live until then.
  at::Tensor input(const at::Tensor& input, const Module& module, const std::string& path,
                   const std::string& role = "") const;

  // Both, for each block.
  void wrap(BlockStack& blocks, const std::string& path) const;

 private:
  Scope scope_ = Scope::Nothing;
};

}  // namespace roux::nn
