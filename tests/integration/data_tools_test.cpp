// Data as programs meet it: `roux data`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "driver_world.h"
#include "support/process.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

// The driver in a folder of its own, where `sample` is the sample corpus.
class RouxData : public ::testing::Test {
 protected:
  RouxData() { works({"sample", "-o", "sample", "--megabytes", "1"}); }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {DriverWorld::driver().string(), "data"});
    return words;
  }
  ProcessOptions options() const {
    return {.environment = {{"ROUX_CARDS", (world.folder() / "cards").string()},
                            {"HF_HUB_CACHE", (world.folder() / "hub").string()}},
            .working_folder = world.folder()};
  }
  Finished data(std::vector<std::string> words) const {
    return run_process(command(std::move(words)), options());
  }
  Finished works(std::vector<std::string> words) const {
    Finished finished = data(std::move(words));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished;
  }

  // What a folder of tokens holds, by name.
  std::map<std::string, std::string> tokens_in(const fs::path& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(world.folder() / folder)) {
      if (entry.path().extension() != ".tokens") continue;
      files[entry.path().filename().string()] = world.read(entry.path());
    }
    return files;
  }

  DriverWorld world;
};

TEST_F(RouxData, MakesTheSampleCorpusOnceAndTheSameFromASeed) {
  EXPECT_THAT(works({"sample", "-o", "sample", "--megabytes", "1"}).out,
              HasSubstr("was there already"));
  works({"sample", "-o", "again", "--megabytes", "1"});
  works({"sample", "-o", "other", "--megabytes", "1", "--seed", "1"});
  const std::string train = world.read("sample/train.jsonl");
  EXPECT_EQ(world.read("again/train.jsonl"), train);
  EXPECT_NE(world.read("other/train.jsonl"), train);
}

TEST_F(RouxData, CountsAndShowsTextsAndTheirTokensAlike) {
  works({"tokenize", "sample/valid.jsonl", "-m", "sample", "-o", "tokens", "-q"});
  for (const char* path : {"sample/valid.jsonl", "tokens"}) {
    EXPECT_THAT(works({"inspect", path}).out, AllOf(HasSubstr(" documents, "), HasSubstr("█")));
    EXPECT_THAT(
        works({"inspect", path, "--show", "3", "-m", "sample"}).out,
        StartsWith(works({"inspect", "sample/valid.jsonl", "--show", "3"}).out.substr(0, 40)));
  }
  const Finished beyond = data({"inspect", "tokens", "--show", "1000000"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("--show must be less than "));
}

TEST_F(RouxData, GoesOnWithTokensWhereItWasKilledAndWritesTheSame) {
  const std::string once = world.read("sample/train.jsonl");
  std::string texts;
  while (texts.size() < (std::size_t{150} << 20)) texts += once;  // three files of tokens
  world.write("large.jsonl", texts);
  const std::vector<std::string> words{"tokenize", "large.jsonl", "-m", "sample", "-o", "tokens"};
  {
    Process first(command(words), options());
    while (!fs::exists(world.folder() / "tokens") || tokens_in("tokens").empty()) {
    }
    first.send_signal(SIGKILL);
    EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
  }
  const Finished unfinished = data({"inspect", "tokens"});
  EXPECT_EQ(unfinished.exit_code, 2);
  EXPECT_THAT(unfinished.err, HasSubstr("is not finished"));

  EXPECT_THAT(works(words).err, HasSubstr("as they were"));
  works({"tokenize", "large.jsonl", "-m", "sample", "-o", "at-once", "--threads", "1", "-q"});
  EXPECT_EQ(tokens_in("tokens"), tokens_in("at-once"));
  works({"inspect", "tokens", "--verify"});
}

TEST_F(RouxData, NamesTheLineThatIsBrokenOrLeavesItOut) {
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "{\"text\": \"3 + 4 = 7\"}\n";
  world.write("texts.jsonl", lines + "{\"text\": 3 + 4}\n" + lines);
  const std::vector<std::string> words{"tokenize", "texts.jsonl", "-m", "sample", "-o", "tokens"};
  const Finished stopped = data(words);
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("texts.jsonl:301 "));

  std::vector<std::string> skipping = words;
  skipping.push_back("--skip-bad");
  EXPECT_THAT(works(skipping).err,
              AllOf(HasSubstr("left out: "), HasSubstr("texts.jsonl:301 "),
                    HasSubstr("600 documents"), HasSubstr("1 broken line was left out")));
}

TEST_F(RouxData, FindsAByteThatHasChanged) {
  works({"tokenize", "sample/valid.jsonl", "-m", "sample", "-o", "tokens", "-q"});
  std::string bytes = world.read("tokens/000000.tokens");
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  world.write("tokens/000000.tokens", bytes);
  works({"inspect", "tokens"});
  const Finished verified = data({"inspect", "tokens", "--verify"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.err, AllOf(HasSubstr("000000.tokens"), HasSubstr("checksum")));
}

TEST_F(RouxData, SaysWhatIsThereWhereNothingMatches) {
  const Finished misspelt = data({"inspect", "sample/tran.jsonl"});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_THAT(misspelt.err, HasSubstr("did you mean \"train.jsonl\"?"));
}

}  // namespace
}  // namespace roux
