// `roux score`, as a user calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;
using ::testing::SizeIs;

class Score : public ::testing::Test {
 protected:
  Finished score(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), {DriverWorld::driver().string(), "score"});
    return run_process(words, {.environment = {{"HOME", folder.path().string()},
                                               {"XDG_CONFIG_HOME", ""},
                                               {"ROUX_CARDS", folder.path().string()}},
                               .working_folder = folder.path(),
                               .input = input});
  }

  // A copy of llama() with another `key` in its config.json.
  std::string changed_llama(const std::string& key, int value) const {
    const auto copy = folder.path() / "changed";
    fs::copy(llama(), copy);
    auto config = nlohmann::json::parse(read_file(copy / "config.json"));
    config[key] = value;
    write_file(copy / "config.json", config.dump());
    return copy.string();
  }

  // The numbers of each line.
  static std::vector<std::vector<double>> logprobs(const Finished& finished) {
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    std::vector<std::vector<double>> all;
    for (const auto& line : split(finished.out, '\n')) {
      if (!line.empty()) all.push_back(nlohmann::json::parse(line)["logprobs"]);
    }
    return all;
  }

  // The card "letters", of the same model with a tokenizer that knows a, b and c.
  void write_card() const {
    write_file(folder.path() / "cards.toml", cat("[letters]\nfamily = \"llama\"\ncheckpoint = \"",
                                                 llama(), "\"\ntokenizer = \"tokenizer.json\"\n"));
    write_file(folder.path() / "tokenizer.json",
               R"({"added_tokens": [], "normalizer": null, "pre_tokenizer": null,
                   "post_processor": null, "decoder": null,
                   "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}})");
  }

  // "[1,2,…,count]".
  static std::string ids(int from, int to) {
    std::string text = "[";
    for (int id = from; id < to; ++id) text += cat(id == from ? "" : ",", id % 70);
    return text + "]\n";
  }

  static std::string llama() { return ROUX_PARITY_FIXTURES "/llama3"; }

  TemporaryFolder folder;
};

TEST_F(Score, PrintsANumberForEveryTokenButTheFirst) {
  const Finished finished = score({llama(), "--ids", "-"}, "[5, 17, 3]\n[9]\n[]\n");

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto lines = split(finished.out, '\n');
  ASSERT_THAT(lines, SizeIs(4));
  const auto first = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(first["logprobs"].size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["logprobs"].size(), 0U);
  const double sum = first["sum"].get<double>();
  EXPECT_THAT(finished.err, AllOf(HasSubstr("over 2 tokens"),
                                  HasSubstr(cat("perplexity ", std::exp(-sum / 2)).substr(0, 14))));
}

TEST_F(Score, GivesATextTheSameNumbersAloneAndAmongOthers) {
  const auto alone = score({llama(), "--ids", "-"}, "[5, 17, 3]\n").out;
  const auto among = score({llama(), "--ids", "-"}, "[1, 2, 3, 4]\n[5, 17, 3]\n").out;

  const auto one = nlohmann::json::parse(alone);
  const auto other = nlohmann::json::parse(split(among, '\n')[1]);
  EXPECT_NEAR(one["sum"].get<double>(), other["sum"].get<double>(), 1e-4);
}

TEST_F(Score, NamesTheLineOfAnIdThatTheModelDoesNotHave) {
  const Finished finished = score({llama(), "--ids", "-"}, "[1, 2]\n[1, 99999]\n");

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("standard input:2"), HasSubstr("99999")));
}

TEST_F(Score, WantsTextOrIds) {
  EXPECT_EQ(score({llama()}).exit_code, 2);
  EXPECT_EQ(score({llama(), "--ids", "a", "--text", "b"}).exit_code, 2);
}

TEST_F(Score, SaysWhereThereIsNoFolder) {
  const Finished finished = score({"/nowhere/at/all", "--ids", "-"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("there is no file or folder /nowhere/at/all"));

  const Finished text = score({llama(), "--ids", "missing.jsonl"});
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_THAT(text.err, HasSubstr("cannot open missing.jsonl: No such file"));
}

TEST_F(Score, PrintsAnObjectForEveryLine) {
  const auto all = logprobs(score({llama(), "--ids", "-"}, "\n[5, 17]\n  \n[3, 4, 5]"));
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_THAT(all[0], SizeIs(0));
  EXPECT_THAT(all[1], SizeIs(1));
  EXPECT_THAT(all[2], SizeIs(0));
  EXPECT_THAT(all[3], SizeIs(2));

  const Finished none = score({llama(), "--ids", "-"}, "\n");
  EXPECT_EQ(none.out, "{\"logprobs\":[],\"ids\":[],\"sum\":0.0}\n");
  EXPECT_THAT(none.err, HasSubstr("nothing to score"));
}

TEST_F(Score, AnswersALineBeforeTheNextOneComes) {
  const Finished finished =
      run_process({"bash", "-c",
                   cat("coproc ", DriverWorld::driver().string(), " score ", llama(),
                       " --ids - 2> /dev/null\n"
                       "echo '[1, 2]' >&\"${COPROC[1]}\"; read -r -t 30 first <&\"${COPROC[0]}\"\n"
                       "echo '[1, 3]' >&\"${COPROC[1]}\"; read -r -t 30 second <&\"${COPROC[0]}\"\n"
                       "echo \"$first $second\"")},
                  {});

  EXPECT_THAT(finished.out, AllOf(HasSubstr("\"ids\":[1,2]"), HasSubstr("\"ids\":[1,3]")));
}

TEST_F(Score, PrintsWhatStandsBeforeAMistake) {
  const Finished finished = score({llama(), "--ids", "-"}, "[1, 2]\n[1, \n");

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("\"ids\":[1,2]"));
  EXPECT_THAT(finished.err, HasSubstr("standard input:2: is no JSON: it must be a list of ids"));
}

TEST_F(Score, ScoresALongDocumentInWindowsBehindEnoughContext) {
  const Finished finished =
      score({llama(), "--ids", "-", "--window", "8", "--stride", "3"}, ids(0, 13));
  const auto windows =
      logprobs(score({llama(), "--ids", "-"}, ids(0, 8) + ids(3, 11) + ids(6, 13)));

  // What a window reaches that the one before did not.
  std::vector<double> expected = windows.at(0);
  expected.insert(expected.end(), windows.at(1).end() - 3, windows.at(1).end());
  expected.insert(expected.end(), windows.at(2).end() - 2, windows.at(2).end());
  const auto scored = logprobs(finished);
  ASSERT_THAT(scored, SizeIs(1));
  EXPECT_THAT(scored[0], Pointwise(DoubleNear(1e-5), expected));
  EXPECT_THAT(finished.err, AllOf(HasSubstr("13 tokens are scored in windows of 8, each token "
                                            "behind at least 5 others (--window, --stride)"),
                                  HasSubstr("over 12 tokens")));
}

TEST_F(Score, ScoresInWindowsWhatTheModelCannotReadAtOnce) {
  const Finished finished = score({llama(), "--ids", "-"}, ids(0, 64) + ids(0, 200));

  const auto all = logprobs(finished);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[1], SizeIs(199));
  EXPECT_NEAR(all[0][62], all[1][62], 1e-5);
  EXPECT_THAT(finished.err, HasSubstr("200 tokens are scored in windows of 64, each token behind "
                                      "at least 32 others"));
  EXPECT_THAT(score({llama(), "--ids", "-", "--window", "65"}).err, HasSubstr("from 2 to 64"));
  EXPECT_THAT(score({llama(), "--ids", "-", "--stride", "64"}).err, HasSubstr("from 1 to 63"));
}

TEST_F(Score, RefusesAModelThatReadsNoSecondToken) {
  const Finished finished =
      score({changed_llama("max_position_embeddings", 1), "--ids", "-"}, "[1, 2, 3]\n");

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("must read at least 2 tokens at once"),
                                  HasSubstr("max_position_embeddings"), HasSubstr("reads 1\n")));
}

TEST_F(Score, PointsToACardWhereNoConfigSaysWhatTheWeightsAreOf) {
  const std::string copy = changed_llama("use_cache", 1);
  fs::remove(fs::path(copy) / "config.json");

  const Finished finished = score({copy, "--ids", "-"}, "[1, 2, 3]\n");

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("holds no config.json: score a model card"),
                                  Not(HasSubstr("model.family"))));
}

TEST_F(Score, TakesTextWithTheTokenizerOfACard) {
  write_card();

  const Finished text = score({"letters", "--text", "-"}, "abcab");
  EXPECT_THAT(text.out, HasSubstr("\"ids\":[0,1,2,0,1]"));

  EXPECT_EQ(score({llama(), "--text", "-", "--tokenizer", "./tokenizer.json"}, "abcab").out,
            text.out);

  const Finished lines = score({"letters", "--text", "-", "--format", "jsonl", "--field", "body"},
                               "{\"body\": \"ab\"}\n\n\"cc\"\n");
  EXPECT_THAT(lines.out, AllOf(HasSubstr("\"ids\":[0,1]"), HasSubstr("\"ids\":[]"),
                               HasSubstr("\"ids\":[2,2]")))
      << lines.err;
  EXPECT_THAT(score({"letters", "--text", "-", "--format", "jsonl"}, "{}\n").err,
              HasSubstr("standard input:1: has no field \"text\" (--field names another)"));
}

TEST_F(Score, RefusesOptionsThatMeanNothingTogether) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--text", "-", "--field", "x"},
        {"--ids", "-", "--field", "x"},
        {"--ids", "-", "--format", "jsonl"},
        {"--ids", "-", "--ids", "-"}}) {
    auto all = words;
    all.insert(all.begin(), llama());
    EXPECT_EQ(score(all).exit_code, 2) << words[2];
  }
}

}  // namespace
}  // namespace roux
