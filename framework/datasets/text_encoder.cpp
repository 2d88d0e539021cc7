#include "datasets/text_encoder.h"

#include <utility>

#include "roux/base/error.h"

namespace roux::datasets {

TextEncoder::TextEncoder(std::shared_ptr<const Tokenizer> tokenizer, std::string_view field,
                         bool add_eos)
    : tokenizer_(std::move(tokenizer)), json_(field) {
  if (!add_eos) return;
  eos_ = tokenizer_->special_tokens().eos;
  if (!eos_) {
    throw ConfigError(
        "the tokenizer has no token for the end of a text: do without (add_eos = false, --no-eos), "
        "or name one as "
        "eos_token in its tokenizer_config.json");
  }
}

void TextEncoder::encode(std::string_view text, std::vector<TokenId>& ids) const {
  // Nobody has looked at these texts: one that spells a special token doesn't mean it.
  tokenizer_->encode(text, ids, {.parse_special_tokens = false});
  if (eos_ && (ids.empty() || ids.back() != *eos_)) ids.push_back(*eos_);
}

}  // namespace roux::datasets
