#pragma once

#include <string_view>

namespace roux {

// Throws std::runtime_error, which says what and at which byte, if `model` is no SentencePiece
// model that libsentencepiece reads safely. The library trusts a file: damaged tables of its
// normalizer make it read beyond its memory, and damaged pieces make it end the program.
void check_sentencepiece(std::string_view model);

}  // namespace roux
