#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

class ThreadPool;

// The ids of each text, encoded on all threads of the pool, and by the caller too.
std::vector<std::vector<TokenId>> encode_batch(const Tokenizer& tokenizer,
                                               std::span<const std::string_view> texts,
                                               ThreadPool& pool, const EncodeOptions& options = {});

}  // namespace roux
