#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "roux/tokenizer/chat_template.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// Which bytes of `text` each of its ids stands for. Exact where the tokenizer gives back what it
// was given. Where it changes white space or composes characters, the ranges follow what it decodes
// to, and every special token sets them right again.
std::vector<TextRange> token_ranges(const Tokenizer& tokenizer, std::string_view text,
                                    std::span<const TokenId> ids);

// For each token, whether it has a byte in one of the ranges, which are in order.
std::vector<bool> tokens_in(std::span<const TextRange> tokens, std::span<const TextRange> ranges);

}  // namespace roux
