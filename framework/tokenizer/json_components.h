#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "roux/tokenizer/splitter.h"
#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/decoder.h"
#include "tokenizer/json_part.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"

namespace roux {

// The parts of a tokenizer.json, as the `tokenizers` library means them. All throw DataError, which
// names the file and the part, for what they don't know.

std::unique_ptr<Normalizer> read_normalizer(const JsonPart& part);

struct PreTokenizerParts {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  std::unique_ptr<Splitter> splitter;  // after them
  bool byte_level = false;             // and then bytes are spelled as characters
};

PreTokenizerParts read_pre_tokenizer(const JsonPart& part);

DecodeRules read_decoder(const JsonPart& part);

struct PostProcessorParts {
  std::vector<TokenId> prefix;
  std::vector<TokenId> suffix;
};

PostProcessorParts read_post_processor(const JsonPart& part);

}  // namespace roux
