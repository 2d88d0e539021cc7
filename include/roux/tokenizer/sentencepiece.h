#pragma once

#include <filesystem>
#include <memory>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// What a .model file leaves open; Llama's way unless said otherwise.
struct SentencePieceOptions {
  bool add_bos = true;  // where the model has one
  bool add_eos = false;
};

// A SentencePiece model (Unigram, BPE, words or characters) through libsentencepiece: the same ids.
//
// The library never sees a control token ("<s>") in a text. With parse_special_tokens it is taken
// for the token, and what lies between two of them is encoded as a text of its own; user-defined
// symbols are tokens in either case. Decoding leaves control tokens out if asked to skip special
// tokens, else they stand between the texts.
//
// Throws DataError, which names the path, for what is no such model, and Error if libsentencepiece
// is not installed: it is loaded only when a model asks for it.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& path,
                                              const SentencePieceOptions& options = {});

}  // namespace roux
