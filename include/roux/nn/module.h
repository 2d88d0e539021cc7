#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roux/nn/init.h"

namespace roux::nn {

class AnySlot;

// A module whose parameters are declared first and get their memory later (FlatParameters), so that
// a model of any size can be built, looked at, changed and sharded before a byte of it exists.
//
//   class Linear : public Module {
//    public:
//     Linear(std::int64_t in, std::int64_t out) {
//       parameter(weight_, "weight", {out, in}, Init::normal(0.02));
//     }
//    private:
//     at::Tensor weight_;
//   };
//
// Until then a parameter is on the meta device: it has a shape, a dtype and requires_grad, and no
// values. Not copyable or movable: the members that were declared are remembered by address.
//
// What LibTorch's modules can do to themselves and these can't is refused: to() and zero_grad()
// would leave the flat memory. replace_module() can't be refused, and leaves forward() with the old
// module: use a Slot.
class Module : public torch::nn::Module {
 public:
  // A declared parameter: `member` and the registry's entry `name` are always the same tensor.
  struct Declared {
    std::string name;
    at::Tensor* member;
    Init init;
  };

  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const std::vector<Declared>& declared() const { return declared_; }
  const std::vector<AnySlot*>& slots() const { return slots_; }

  // Puts `value` into the member and the registry together. Requires: the shape that was declared.
  void assign(const Declared& parameter, at::Tensor value);

  // All throw InternalError, which names what to call instead.
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking) override;
  void to(torch::Dtype dtype, bool non_blocking) override;
  void to(torch::Device device, bool non_blocking) override;
  void zero_grad(bool set_to_none) override;

 protected:
  void parameter(at::Tensor& member, std::string name, at::IntArrayRef sizes, Init init);

  // Makes a child and puts it into `member` and the registry together.
  template <typename M, typename... Arguments>
  void child(std::shared_ptr<M>& member, std::string name, Arguments&&... arguments) {
    member = register_module(std::move(name),
                             std::make_shared<M>(std::forward<Arguments>(arguments)...));
  }

 private:
  friend class AnySlot;

  std::vector<Declared> declared_;
  std::vector<AnySlot*> slots_;
};

// A parameter of a tree of modules, by its path in it: "layers.0.self_attn.q_proj.weight".
struct ParameterPlace {
  std::string name;
  Module* owner;                     // nullptr: a foreign module's, which has no declaration
  const Module::Declared* declared;  // nullptr with the owner
  at::Tensor value;
};

// Every parameter below `root`, in the order of registration. One that is used in several places is
// listed once, where it was declared.
std::vector<ParameterPlace> parameter_places(const torch::nn::Module& root);

// Declares another dtype for the parameters of floating dtype below `root` that `which` (unset:
// all) takes. Requires: they have no memory yet.
void set_dtype(torch::nn::Module& root, at::ScalarType dtype,
               const std::function<bool(const std::string& name)>& which = {});

// Elements of all parameters below `root`, each counted once.
std::int64_t parameter_count(const torch::nn::Module& root);

}  // namespace roux::nn
