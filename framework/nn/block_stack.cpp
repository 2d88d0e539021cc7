#include "roux/nn/block_stack.h"

#include <ATen/record_function.h>

#include <utility>

namespace roux::nn {

void BlockStack::push_back(std::shared_ptr<Block> block) {
  blocks_.push_back(register_module(std::to_string(blocks_.size()), std::move(block)));
}

BlockStack::Output BlockStack::forward(at::Tensor hidden, PassContext context) {
  // Shared with the calls below, which a wrapper may keep until the backward pass.
  const auto shared = std::make_shared<const PassContext>(std::move(context));
  Output output;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    RECORD_FUNCTION("BlockStack::block", std::vector<c10::IValue>{index});
    Next run = [&block = *blocks_[i], shared](const at::Tensor& x) {
      return block.forward(x, *shared);
    };
    for (const Wrapper& wrapper : wrappers_) {
      run = [&wrapper, index, next = std::move(run)](const at::Tensor& x) {
        return wrapper(index, x, next);
      };
    }
    BlockOutput block = run(hidden);
    hidden = std::move(block.hidden);
    if (block.router_logits.defined()) {
      output.router_logits.push_back(std::move(block.router_logits));
    }
  }
  output.hidden = std::move(hidden);
  return output;
}

}  // namespace roux::nn
