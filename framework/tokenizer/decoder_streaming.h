#pragma once

#include "tokenizer/decoder.h"

namespace roux {

// What a tokenizer that has a Decoder gives out as its streaming decoder. `T` has check(id), which
// throws for an id that it does not have, and is_special(id); it must outlive this.
template <typename T>
class DecoderStreaming final : public StreamingDecoder {
 public:
  DecoderStreaming(const T& tokenizer, const Decoder& decoder, const DecodeOptions& options)
      : tokenizer_(tokenizer), options_(options), stream_(decoder) {}

  std::string push(TokenId id) override {
    tokenizer_.check(id);
    if (options_.skip_special_tokens && tokenizer_.is_special(id)) return {};
    return stream_.push(id);
  }
  std::string finish() override { return stream_.finish(); }

 private:
  const T& tokenizer_;
  DecodeOptions options_;
  Decoder::Stream stream_;
};

}  // namespace roux
