#pragma once

#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/merge_table.h"

namespace roux {

// Merges what `ids` holds from `begin` on, in place. The time is about in proportion to the number.
void merge_word(const MergeTable& merges, std::vector<TokenId>& ids, std::size_t begin);

}  // namespace roux
