#pragma once

#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// A text to go on with, as its tokenizer begins one: without the token that would end it, unless
// somebody wrote that.
std::vector<TokenId> encode_prompt(const Tokenizer& tokenizer, std::string_view text);

}  // namespace roux
