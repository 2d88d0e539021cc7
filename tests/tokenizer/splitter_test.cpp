#include "roux/tokenizer/splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string_view> pieces(std::string_view pattern, std::string_view text) {
  return make_splitter(pattern)->split(text);
}

TEST(Splitter, CutsAsGpt2) {
  EXPECT_THAT(pieces(split_patterns::kGpt2, "It's  10 km,\n\n don'T!  "),
              ElementsAre("It", "'s", " ", " 10", " km", ",", "\n\n", " don", "'", "T", "!", "  "));
}

TEST(Splitter, CutsAsLlama3) {
  EXPECT_THAT(
      pieces(split_patterns::kLlama3, "It'S 12345\tkm...\n \n  (ok)"),
      ElementsAre("It", "'S", " ", "123", "45", "\tkm", "...\n", " \n", " ", " (", "ok", ")"));
}

TEST(Splitter, CutsEachDigitAsQwen2) {
  EXPECT_THAT(pieces(split_patterns::kQwen2, "12 ½"), ElementsAre("1", "2", " ", "½"));
}

TEST(Splitter, CutsWhereACapitalFollowsAsO200k) {
  EXPECT_THAT(pieces(split_patterns::kO200k, "HTMLParser'll iPhone a/b//\n"),
              ElementsAre("HTMLParser'll", " i", "Phone", " a", "/b", "//\n"));
}

TEST(Splitter, CutsAsTekkenWithoutContractions) {
  EXPECT_THAT(pieces(split_patterns::kTekken, "it's 42"), ElementsAre("it", "'s", " ", "4", "2"));
}

TEST(Splitter, TakesTheLongSForAnSWhereCaseIsIgnored) {
  EXPECT_THAT(pieces(split_patterns::kLlama3, "a'ſb"), ElementsAre("a", "'ſ", "b"));
  EXPECT_THAT(pieces(split_patterns::kGpt2, "a'ſb"), ElementsAre("a", "'", "ſb"));
}

TEST(Splitter, KeepsWhiteSpaceAtTheEndWholeAsTiktoken) {
  const auto splitter = make_splitter(split_patterns::kTiktokenCl100k, PatternSyntax::Tiktoken);

  EXPECT_THAT(splitter->split("a \n "), ElementsAre("a", " \n "));
  EXPECT_THAT(pieces(split_patterns::kLlama3, "a \n "), ElementsAre("a", " \n", " "));
}

TEST(Splitter, GivesNoPieceOfAnEmptyText) {
  EXPECT_THAT(pieces(split_patterns::kGpt2, ""), ElementsAre());
  EXPECT_THAT(pieces("x", ""), ElementsAre());
}

TEST(Splitter, MakesPiecesOfWhatLiesBetweenMatches) {
  EXPECT_THAT(pieces("[0-9]+", "ab12c3"), ElementsAre("ab", "12", "c", "3"));
  EXPECT_THAT(pieces("x*", "aéxxb"), ElementsAre("aé", "xx", "b"));
}

TEST(Splitter, GoesOnWhereAFullAnswerEnded) {
  const auto splitter = make_splitter("[0-9]+");
  std::size_t ends[1];

  ASSERT_EQ(splitter->split("ab12", 0, ends), 1U);
  EXPECT_EQ(ends[0], 2U);
  ASSERT_EQ(splitter->split("ab12", 2, ends), 1U);
  EXPECT_EQ(ends[0], 4U);
  EXPECT_EQ(splitter->split("ab12", 4, ends), 0U);
}

TEST(Splitter, MatchesLineEndsAsTheSyntaxSays) {
  EXPECT_THAT(make_splitter("a$")->split("a\na"), ElementsAre("a", "\n", "a"));
  EXPECT_THAT(make_splitter("a$", PatternSyntax::Tiktoken)->split("a\na"), ElementsAre("a\n", "a"));
}

TEST(Splitter, CountsMarksToTheWord) {
  EXPECT_THAT(pieces(R"(\w+)", "हिन्दी, ok"), ElementsAre("हिन्दी", ", ", "ok"));
}

std::string refusal(std::string_view pattern) {
  try {
    make_splitter(pattern);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(Splitter, RefusesAPatternWithItsName) {
  EXPECT_EQ(
      refusal("a(b"),
      "the split pattern 'a(b' is no regular expression: missing closing parenthesis at byte 3");
  EXPECT_THAT(refusal(R"([a&&b])"), HasSubstr("'[a&&b]' intersects classes"));
  EXPECT_THAT(refusal(R"([a[b]])"), HasSubstr("a class inside a class"));
  EXPECT_THAT(refusal(R"(\bx)"), HasSubstr("uses \\b, which is not supported"));
}

// Strings that hit the patterns' seams far more often than a text would.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kSeams{" ",
                                               " ",
                                               "  ",
                                               "\n",
                                               "\r",
                                               "\r\n",
                                               "\t",
                                               "\u00a0",
                                               "\u3000",
                                               "\u2028",
                                               "'",
                                               "'s",
                                               "'S",
                                               "'ſ",
                                               "'t",
                                               "'re",
                                               "'VE",
                                               "'ll",
                                               "'Ll",
                                               "'d",
                                               "'m",
                                               "'x",
                                               "’",
                                               "a",
                                               "Z",
                                               "é",
                                               "É",
                                               "ſ",
                                               "ǅ",
                                               "ʰ",
                                               "ª",
                                               "ß",
                                               "中",
                                               "文",
                                               "ひ",
                                               "한",
                                               "ا",
                                               "ש",
                                               "ि",
                                               "\u0301",
                                               "\u0301\u0302",
                                               "1",
                                               "23",
                                               "½",
                                               "²",
                                               "٣",
                                               "Ⅷ",
                                               "፩",
                                               ".",
                                               ",",
                                               "/",
                                               "//",
                                               "!?",
                                               "_",
                                               "-",
                                               "$",
                                               "€",
                                               "😀",
                                               "👨\u200d👩",
                                               "\ufe0f",
                                               "\u200d",
                                               "\u0000",
                                               "\u007f",
                                               "\u0085",
                                               "word",
                                               "Word",
                                               "WORD",
                                               "wORD"};
  std::uniform_int_distribution<std::size_t> pick(0, kSeams.size() - 1);
  std::uniform_int_distribution<int> length(0, 24);
  std::string text;
  for (int i = length(random); i > 0; --i) text += kSeams[pick(random)];
  return text;
}

struct Known {
  const char* name;
  std::string_view pattern;
  PatternSyntax syntax;
};

class KnownPattern : public ::testing::TestWithParam<Known> {};

TEST_P(KnownPattern, CutsAsPcre2Does) {
  const auto written = make_splitter(GetParam().pattern, GetParam().syntax);
  const auto compiled = make_regex_splitter(GetParam().pattern, GetParam().syntax);
  std::mt19937 random(7);

  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random);
    ASSERT_EQ(written->split(text), compiled->split(text)) << '"' << text << '"';
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, KnownPattern,
    ::testing::Values(Known{"gpt2", split_patterns::kGpt2, PatternSyntax::Oniguruma},
                      Known{"llama3", split_patterns::kLlama3, PatternSyntax::Oniguruma},
                      Known{"qwen2", split_patterns::kQwen2, PatternSyntax::Oniguruma},
                      Known{"o200k", split_patterns::kO200k, PatternSyntax::Oniguruma},
                      Known{"tekken", split_patterns::kTekken, PatternSyntax::Oniguruma},
                      Known{"r50k", split_patterns::kTiktokenR50k, PatternSyntax::Tiktoken},
                      Known{"cl100k", split_patterns::kTiktokenCl100k, PatternSyntax::Tiktoken}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace roux
