#include "roux/base/secrets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace roux {
namespace {

TEST(NamesSecret, FindsSecretsInAnyCase) {
  for (const char* name : {"HF_TOKEN", "wandb_api_key", "APIKEY", "my-Secret", "db.password",
                           "PASSWD", "AWS_CREDENTIALS", "Authorization", "cookie", "--token"}) {
    EXPECT_TRUE(names_secret(name)) << name;
  }
}

TEST(NamesSecret, KnowsWordsOfTrainingThatLookLikeSecrets) {
  for (const char* name :
       {"tokenizer.name", "TOKENIZERS_PARALLELISM", "num_key_value_heads", "OMP_NUM_THREADS", ""}) {
    EXPECT_FALSE(names_secret(name)) << name;
  }
  EXPECT_TRUE(names_secret("tokenizer.token"));
  EXPECT_FALSE(names_secret("TOTOKENIZERKEN"));  // no word arises where one was left out
}

TEST(ShownValue, HidesTheValuesOfSecrets) {
  EXPECT_EQ(shown_value("HF_TOKEN", "hf_abc"), "<hidden>");
  EXPECT_EQ(shown_value("HF_TOKEN", "123"), "<hidden>");
  EXPECT_EQ(shown_value("OMP_NUM_THREADS", "4"), "4");
}

TEST(ShownValue, ShowsNumbersOfTokens) {
  EXPECT_EQ(shown_value("dataset.max_num_tokens", "4_096"), "4_096");
  EXPECT_EQ(shown_value("access_tokens", "abc123"), "<hidden>");
  EXPECT_EQ(shown_value("secret_tokens", "123"), "<hidden>");
}

TEST(ShownValue, HidesUrlsThatHoldASecret) {
  EXPECT_EQ(shown_value("http_proxy", "http://user:pass@proxy:3128"), "<hidden>");
  EXPECT_EQ(shown_value("url", "https://ghp_abc@example.com/a"), "<hidden>");
  EXPECT_EQ(shown_value("url", "https://user:pa/ss@example.com"), "<hidden>");
  EXPECT_EQ(shown_value("url", "https://example.com/a?access_token=abc"), "<hidden>");
  EXPECT_EQ(shown_value("url", "tcp://node7:29500"), "tcp://node7:29500");
  EXPECT_EQ(shown_value("url", "https://example.com/tokens?page=2"),
            "https://example.com/tokens?page=2");
}

TEST(ShownValue, HidesTablesThatHoldASecret) {
  EXPECT_EQ(shown_value("hub", "{name = \"a\", token = \"abc\"}"), "<hidden>");
  EXPECT_EQ(shown_value("header", "Authorization: Bearer abc"), "<hidden>");
  EXPECT_EQ(shown_value("tokenizer", "{name = \"gpt2\"}"), "{name = \"gpt2\"}");
}

TEST(ShownValue, KeepsToOneLine) {
  EXPECT_EQ(shown_value("A", "a\nb\033[31m"), "a b [31m");
}

TEST(ShownCommandLine, HidesSecretsHoweverTheyAreGiven) {
  const std::vector<std::string> arguments{
      "lm-train",        "out",      "--config", "hub.token=abc", "optimizer.config.lr=1e-3",
      "--password=abc",  "--secret", "abc",      "--num-threads", "4",
      "ftp://u:p@host/x"};

  EXPECT_EQ(shown_command_line(arguments),
            "lm-train out --config 'hub.token=<hidden>' optimizer.config.lr=1e-3 "
            "'--password=<hidden>' --secret '<hidden>' --num-threads 4 '<hidden>'");
}

TEST(ShownCommandLine, QuotesWhatAShellWouldSplit) {
  const std::vector<std::string> arguments{"a b", "it's", "", "x=$HOME", "plain-1.0"};

  EXPECT_EQ(shown_command_line(arguments), "'a b' 'it'\\''s' '' 'x=$HOME' plain-1.0");
}

}  // namespace
}  // namespace roux
