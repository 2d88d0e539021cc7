#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/tokenizer/splitter.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// The tokenizer that lies at `path`: a folder as Hugging Face has them, or one file.
//
// Of a folder it is tokenizer.json, else tekken.json (Mistral's), else tokenizer.model, else the
// one
// *.tiktoken; which tokens begin, end, pad and stand for the unknown is read from
// tokenizer_config.json, special_tokens_map.json and config.json, in this order. Whether a text is
// put between the first two is what a tokenizer.json's post-processor says, whatever else is in the
// folder; for a SentencePiece model it is add_bos_token and add_eos_token of tokenizer_config.json.
// A file is a tokenizer.json, a tekken.json, a SentencePiece model or a tiktoken file; of the last
// the name tells the family ("o200k_base.tiktoken"), and Llama 3's is assumed for tokenizer.model.
//
// Throws Error if it can't be read, DataError, which names the file and the part, if it is damaged
// or says what is not supported.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

// What a tiktoken file does not say itself.
struct TiktokenFamily {
  std::string pattern;
  std::vector<std::pair<std::string, TokenId>> special_tokens;
  std::string bos;  // named among the special tokens; "" for none
  std::string eos;
  std::string pad;
  bool adds_bos = false;
  bool composes = false;  // texts are brought to Unicode's form C first
};

// One of llama3, qwen, gpt2 (r50k_base), cl100k_base, o200k_base. `num_ranks`: how many tokens the
// file has, after which the special tokens of some families are numbered. Throws ConfigError for
// another name.
TiktokenFamily tiktoken_family(std::string_view name, TokenId num_ranks);

// A file of lines "TOKEN-IN-BASE64 ID". Throws as load_tokenizer does.
std::unique_ptr<Tokenizer> load_tiktoken(const std::filesystem::path& path,
                                         const TiktokenFamily& family);
std::unique_ptr<Tokenizer> load_tiktoken(const std::filesystem::path& path,
                                         std::string_view family);

// The 256 bytes as ids 0 to 255, then BOS, EOS and PAD. Texts are encoded as they are, valid UTF-8
// or not, with BOS in front.
std::unique_ptr<Tokenizer> make_byte_tokenizer();

}  // namespace roux
