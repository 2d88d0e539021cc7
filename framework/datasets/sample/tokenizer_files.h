#pragma once

#include <span>
#include <string_view>

namespace roux::datasets {

// A file of framework/datasets/sample/tokenizer, compiled in.
struct TokenizerFile {
  std::string_view name;
  std::string_view text;
};

// Defined by what embed.cmake writes.
std::span<const TokenizerFile> sample_tokenizer_files();

}  // namespace roux::datasets
