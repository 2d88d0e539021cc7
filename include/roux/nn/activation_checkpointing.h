#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>

namespace roux::nn {

class BlockStack;

// Has each block whose index `every_nth` divides keep only what comes in, and compute the rest
// again in the backward pass, to the same bits: less memory for a second forward pass.
//
// A pass without gradients goes as before. The backward pass must be backward(): grad() for chosen
// inputs is refused, as is a second derivative. A block must give the same for the same input: what
// it draws at random hangs on the pass, not on a generator.
//
// Wrappers that should see a block once a pass are added after this, offload_activations() too.
void checkpoint_blocks(BlockStack& blocks, std::int64_t every_nth = 1);

// Has each block whose index `every_nth` divides keep no output that is cheap to compute (of norms,
// activations, rotations of normalised heads) from what is kept anyway, and make those again in the
// backward pass, to the same bits: nearly as quick as keeping everything, since no matrix product
// and no attention runs twice. ops/keeping.h says how.
void checkpoint_selectively(BlockStack& blocks, std::int64_t every_nth = 1);

// Has what the blocks keep lie in `memory` of the host between the passes: all that their
// operations keep or, where they are computed again, what comes in.
void offload_activations(BlockStack& blocks, std::shared_ptr<std::pmr::memory_resource> memory);

}  // namespace roux::nn
