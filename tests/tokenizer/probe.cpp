// What the comparison with the reference libraries (tools/parity.d/tokenizer_parity.py) asks: ids
// of texts, and texts of ids, without a process for each.
//
//   tokenizer_probe encode TOKENIZER [plain]   texts on standard input, ids on standard output
//   tokenizer_probe decode TOKENIZER [plain]   the other way; "plain" leaves special tokens out
//
// A text is its size in bytes and the bytes; ids are their number and the ids; numbers are 32 bits.

#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/load.h"

namespace {

bool read_number(std::uint32_t& number) {
  return static_cast<bool>(std::cin.read(reinterpret_cast<char*>(&number), sizeof(number)));
}

void write(const void* bytes, std::size_t size) {
  std::cout.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

void write_number(std::size_t number) {
  const auto bytes = static_cast<std::uint32_t>(number);
  write(&bytes, sizeof(bytes));
}

void encode(const roux::Tokenizer& tokenizer, bool plain) {
  const roux::EncodeOptions options{.add_special_tokens = !plain};
  std::uint32_t size = 0;
  while (read_number(size)) {
    std::string text(size, '\0');
    std::cin.read(text.data(), size);
    const std::vector<roux::TokenId> ids = tokenizer.encode(text, options);
    write_number(ids.size());
    write(ids.data(), ids.size() * sizeof(roux::TokenId));
  }
}

void decode(const roux::Tokenizer& tokenizer, bool plain) {
  const roux::DecodeOptions options{.skip_special_tokens = plain};
  std::uint32_t count = 0;
  while (read_number(count)) {
    std::vector<roux::TokenId> ids(count);
    std::cin.read(reinterpret_cast<char*>(ids.data()), static_cast<std::streamsize>(count) * 4);
    const std::string text = tokenizer.decode(ids, options);
    write_number(text.size());
    write(text.data(), text.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const bool plain = words.size() == 3 && words[2] == "plain";
  if (!(words.size() == 2 || plain) || (words[0] != "encode" && words[0] != "decode")) {
    std::cerr << "tokenizer_probe encode|decode TOKENIZER [plain]\n";
    return 2;
  }
  try {
    std::ios::sync_with_stdio(false);
    const auto tokenizer = roux::load_tokenizer(std::filesystem::path(words[1]));
    (words[0] == "encode" ? encode : decode)(*tokenizer, plain);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
