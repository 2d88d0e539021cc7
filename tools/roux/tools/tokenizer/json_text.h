#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux::tool {

// Appends a JSON string; what is no UTF-8 in it becomes U+FFFD.
void append_json(std::string_view text, std::string& out);

// Appends "[1,2,3]".
void append_json(std::span<const TokenId> ids, std::string& out);

// The numbers of "[1, 2, 3]". Throws DataError, which names the column, for anything else.
void parse_ids(std::string_view json, std::vector<TokenId>& ids);

// The string that `json` is, or that is the field `field` of the object that it is. Throws
// DataError for anything else. May be called by any thread.
std::string parse_text(std::string_view json, std::string_view field);

}  // namespace roux::tool
