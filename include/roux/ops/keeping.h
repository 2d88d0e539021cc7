#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <vector>

namespace torch::autograd {
struct AutogradContext;
}

namespace roux::ops {

struct KeepingState;

// What becomes of the activations that backward passes read.
struct Keeping {
  // An output that is cheap to compute from what its operation keeps (that of a norm, an
  // activation, a gate) is not kept by the operations that read it: it is made again, to the same
  // bits, once for all of them, and dropped after the last.
  bool remake = false;

  // What is kept goes to this memory, and back to its device when it is read, once for all who
  // read it. Memory that a GPU reads by itself (PinnedMemory) doesn't hold up the host. nullptr: it
  // stays where it is.
  std::shared_ptr<std::pmr::memory_resource> host;
};

// Holds for the operations of this thread while it lives, together with the guards around it. Those
// that read the same tensor share what is made again or fetched if they run under the same guard.
// The backward pass needs none.
class KeepingGuard {
 public:
  explicit KeepingGuard(const Keeping& keeping);
  ~KeepingGuard();
  KeepingGuard(const KeepingGuard&) = delete;
  KeepingGuard& operator=(const KeepingGuard&) = delete;

 private:
  std::unique_ptr<KeepingState> state_;
};

// For operations: keep() an input in forward(), and have it back in backward().
//
//   context->save_for_backward({keep(*context, "x", x), weight});
//   ...
//   const at::Tensor x = kept(*context, "x", context->get_saved_variables()[0]);
at::Tensor keep(torch::autograd::AutogradContext& context, const char* name, const at::Tensor& x);
at::Tensor kept(torch::autograd::AutogradContext& context, const char* name,
                const at::Tensor& saved);

// Whether outputs may be offered.
bool remakes();

using Remake = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// Says that `make` gives `y` again, bit for bit, from `inputs`, which the operation has kept or
// which can be made again too: `offer_through` is for an operation that keeps nothing, and says it
// only where all of its inputs can. `y` must not be a view, and have its memory to itself.
void offer(const at::Tensor& y, std::initializer_list<at::Tensor> inputs, Remake make);
void offer_through(const at::Tensor& y, std::initializer_list<at::Tensor> inputs, Remake make);

}  // namespace roux::ops
