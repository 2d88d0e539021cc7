// A SentencePiece model and LibTorch in one process: each brings a protobuf of its own.
#include <ATen/ops/ones.h>

#include <iostream>

#include "roux/tokenizer/sentencepiece.h"

int main(int, char** argv) {
  const auto tokenizer = roux::load_sentencepiece(argv[1]);
  const auto ids = tokenizer->encode("hello, world");
  std::cout << tokenizer->decode(ids, {.skip_special_tokens = true}) << ' '
            << at::ones({2, 3}).sum().item<float>() << '\n';
}
