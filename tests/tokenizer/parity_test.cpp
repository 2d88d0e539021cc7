// The same ids and texts as the `tokenizers` library's, which tools/parity.d/tokenizer_parity.py
// has written down as checksums. To see in what they differ, run it with --live.

#include <gtest/gtest.h>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/load.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/fixtures.h"

namespace roux {
namespace {

// FNV-1a over lists of numbers, 32 bits at a time, each list with its length in front.
class Checksum {
 public:
  void add(std::span<const TokenId> ids) {
    add(static_cast<std::uint32_t>(ids.size()));
    for (const TokenId id : ids) add(static_cast<std::uint32_t>(id));
  }
  void add(std::string_view bytes) {
    add(static_cast<std::uint32_t>(bytes.size()));
    for (const char byte : bytes) add(static_cast<unsigned char>(byte));
  }
  std::string text() const {
    char hex[17];
    std::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(value_));
    return hex;
  }

 private:
  void add(std::uint32_t number) { value_ = (value_ ^ number) * 0x100000001b3; }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

template <typename Items>
std::string checksum(const Items& items) {
  Checksum sum;
  sum.add(items);
  return sum.text();
}

std::vector<std::string> torture_lines() {
  const std::string whole = read_file(fixture("torture.txt"));
  std::vector<std::string> lines(1);
  for (const char c : whole) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.push_back(whole);
  return lines;
}

class Parity : public ::testing::TestWithParam<const char*> {
 protected:
  // A thousand random strings each.
  void expect_the_same_on_batches(std::size_t first, std::size_t last) {
    for (std::size_t batch = first; batch < last; ++batch) {
      Checksum ids_sum;
      Checksum text_sum;
      for (const std::string& text : random_strings(batch, 1000)) {
        const std::vector<TokenId> ids = tokenizer->encode(text);
        ids_sum.add(ids);
        text_sum.add(tokenizer->decode(ids));
      }

      EXPECT_EQ(ids_sum.text(), expected["strings"][batch]) << batch;
      EXPECT_EQ(text_sum.text(), expected["decoded"][batch]) << batch;
    }
  }

  std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(fixture(std::string(GetParam()) + ".json"));
  nlohmann::json expected = json_fixture(std::string(GetParam()) + ".expected.json");
};

TEST_P(Parity, HoldsOnTheTortureText) {
  const std::vector<std::string> lines = torture_lines();
  ASSERT_EQ(lines.size(), expected["lines"].size());

  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<TokenId> ids = tokenizer->encode(lines[i]);
    EXPECT_EQ(checksum(ids), expected["lines"][i]) << lines[i];
    EXPECT_EQ(checksum(tokenizer->decode(ids)), expected["decoded_lines"][i]) << lines[i];
    const std::string plain = tokenizer->decode(ids, {.skip_special_tokens = true});
    EXPECT_EQ(checksum(plain), expected["plain_lines"][i]) << lines[i];
  }
}

TEST_P(Parity, HoldsOnRandomStrings) {
  expect_the_same_on_batches(0, 3);
}

// With the above, twenty thousand strings.
class SlowParity : public Parity {};

TEST_P(SlowParity, HoldsOnRandomStrings) {
  expect_the_same_on_batches(3, 20);
}

TEST_P(Parity, HoldsOnAMegabyteWithoutASpace) {
  const std::vector<std::string> syllables{"ab", "er", "ing", "con", "st", "ra",
                                           "le", "on", "th",  "e",   "qu", "y"};
  SplitMix random(1);
  std::string text;
  while (text.size() < 1'000'000) text += syllables[random.next(syllables.size())];

  const std::vector<TokenId> ids = tokenizer->encode(text, {.add_special_tokens = false});

  EXPECT_EQ(checksum(ids), expected["long"]);
}

TEST_P(Parity, StreamsWhatItDecodes) {
  const auto size = static_cast<std::size_t>(tokenizer->size());
  SplitMix random(3);
  for (int i = 0; i < 3000; ++i) {
    const DecodeOptions options{.skip_special_tokens = i % 2 == 0};
    std::vector<TokenId> ids;
    for (std::size_t left = random.next(20); left > 0; --left) {
      const auto id = static_cast<TokenId>(random.next(size));
      if (tokenizer->token(id)) ids.push_back(id);
    }
    const auto stream = tokenizer->streaming_decoder(options);
    std::string streamed;
    for (const TokenId id : ids) {
      const std::string part = stream->push(id);
      ASSERT_TRUE(is_valid_utf8(part)) << part;
      streamed += part;
    }
    streamed += stream->finish();

    ASSERT_EQ(streamed, tokenizer->decode(ids, options)) << ::testing::PrintToString(ids);
  }
}

const auto kFamilies = ::testing::Values("gemma", "gpt2", "llama2", "llama3", "mistral", "olmo2",
                                         "phi3", "qwen2", "tekken");
const auto kName = [](const auto& tested) { return std::string(tested.param); };

INSTANTIATE_TEST_SUITE_P(With, Parity, kFamilies, kName);
INSTANTIATE_TEST_SUITE_P(With, SlowParity, kFamilies, kName);

}  // namespace
}  // namespace roux
