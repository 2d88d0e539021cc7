#pragma once

#include <cstdint>

namespace roux::nn {

class BlockStack;

// Has each block whose index `every_nth` divides keep only what comes in, and compute the rest
// again in the backward pass, to the same bits: less memory for a second forward pass.
//
// A pass without gradients goes as before. The backward pass must be backward(): grad() for chosen
// inputs is refused, as is a second derivative. A block must give the same for the same input: what
// it draws at random hangs on the pass, not on a generator.
//
// Wrappers that should see a block once a pass are added after this.
void checkpoint_blocks(BlockStack& blocks, std::int64_t every_nth = 1);

}  // namespace roux::nn
