#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/splitter.h"
#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/bpe_model.h"
#include "tokenizer/decoder.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/vocabulary.h"

namespace roux {

// What a byte-pair tokenizer is made of.
struct BpeTokenizerParts {
  std::unique_ptr<Vocabulary> vocabulary;
  std::unique_ptr<BpeModel> model;  // over `vocabulary`

  DecodeRules decode_rules;  // what `decoder` is made with once all tokens are there

  AddedTokens added;             // sought in the text as it came
  AddedTokens added_normalized;  // sought in the normalized text
  std::vector<bool> is_special;  // by id

  std::unique_ptr<Normalizer> normalizer;  // null: the text stays

  // In this order; all null: the text is one piece. The splitter is the last step where the pieces
  // are views into the text that it got, which is so in nearly every family.
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  std::unique_ptr<Splitter> splitter;

  // What the post-processor puts around a text.
  std::vector<TokenId> prefix;
  std::vector<TokenId> suffix;

  SpecialTokens special_tokens;
};

// Makes what is sought in texts of a token, be it in the vocabulary or not.
void add_token(AddedToken token, BpeTokenizerParts& parts);

// `source`: the file, for messages.
std::unique_ptr<Tokenizer> make_bpe_tokenizer(BpeTokenizerParts parts, std::string source);

}  // namespace roux
