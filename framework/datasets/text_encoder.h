#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/data/jsonl.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

// What a line of JSON becomes, on the fly and ahead of time alike. Any thread may call any member.
class TextEncoder {
 public:
  // Throws ConfigError where `add_eos` asks for a token that the tokenizer does not have.
  TextEncoder(std::shared_ptr<const Tokenizer> tokenizer, std::string_view field, bool add_eos);

  // Replaces what `text` holds. Throws DataError for a broken line.
  void read(const data::Line& line, std::string& text) const { json_.read(line, text); }

  // Appends.
  void encode(std::string_view text, std::vector<TokenId>& ids) const;

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  data::JsonText json_;
  std::optional<TokenId> eos_;  // what is to stand at the end of each
};

}  // namespace roux::datasets
