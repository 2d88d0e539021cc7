#include "roux/generation/encode_prompt.h"

namespace roux {

std::vector<TokenId> encode_prompt(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<TokenId> ids = tokenizer.encode(text);
  const auto eos = tokenizer.special_tokens().eos;
  if (!eos || ids.empty() || ids.back() != *eos) return ids;
  const std::vector<TokenId> plain = tokenizer.encode(text, {.add_special_tokens = false});
  if (plain.empty() || plain.back() != *eos) ids.pop_back();
  return ids;
}

}  // namespace roux
