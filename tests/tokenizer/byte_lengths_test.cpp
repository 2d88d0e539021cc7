#include "roux/tokenizer/byte_lengths.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "roux/tokenizer/load.h"
#include "tokenizer/fixtures.h"

namespace roux {
namespace {

// Without a space in front, which some tokenizers drop or add there.
const std::vector<std::string> kTexts = {
    "The boat, the boat and 17 boats.", "naïve café – “quoted”", "日本語の文字",
    "👩‍👩‍👧 and 🦀", "tabs\tand\nlines\n\n  indented"};

std::int64_t counted(const Tokenizer& tokenizer, const std::string& text) {
  static constexpr const char* kFront = "x ";
  const auto lengths = byte_lengths(tokenizer);
  const auto sum = [&](const std::string& of) {
    std::int64_t bytes = 0;
    for (const TokenId id : tokenizer.encode(of, {.add_special_tokens = false})) {
      bytes += lengths[static_cast<std::size_t>(id)];
    }
    return bytes;
  };
  return sum(kFront + text) - sum(kFront);
}

TEST(ByteLengths, SumUpToTheText) {
  for (const std::string name : {"gpt2", "llama2", "llama3", "mistral", "phi3", "olmo2"}) {
    const auto tokenizer = load_tokenizer(fixture(name + ".json"));
    for (const std::string& text : kTexts) {
      EXPECT_EQ(counted(*tokenizer, text), static_cast<std::int64_t>(text.size()))
          << name << ": " << text;
    }
  }
}

TEST(ByteLengths, AreNoneOfSpecialTokens) {
  const auto tokenizer = make_byte_tokenizer();
  const auto lengths = byte_lengths(*tokenizer);
  ASSERT_EQ(lengths.size(), 259U);
  for (std::size_t id = 0; id < 256; ++id) EXPECT_EQ(lengths[id], 1) << id;
  for (std::size_t id = 256; id < 259; ++id) EXPECT_EQ(lengths[id], 0) << id;
}

}  // namespace
}  // namespace roux
