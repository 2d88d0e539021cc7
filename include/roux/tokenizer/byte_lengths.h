#pragma once

#include <cstdint>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// How many bytes of text each id stands for, in the middle of a text: what a loss in bits per byte
// is counted by. 0 for special tokens and for ids that there are none of.
std::vector<std::int32_t> byte_lengths(const Tokenizer& tokenizer);

}  // namespace roux
