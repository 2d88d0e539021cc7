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
  world.write("empty.jsonl", "{\"text\": \"\"}\n");
  EXPECT_THAT(data({"inspect", "empty.jsonl", "--show", "0"}).err,
              HasSubstr("there is no document to --show"));

  fs::rename(world.folder() / "sample", world.folder() / "away");
  EXPECT_THAT(data({"inspect", "tokens", "--show", "0"}).err, HasSubstr("-m says where it is"));
  EXPECT_THAT(works({"inspect", "tokens", "--show", "0", "-m", "away"}).out,
              StartsWith(works({"inspect", "away/valid.jsonl", "--show", "0"}).out.substr(0, 40)));
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
  EXPECT_THAT(works({"inspect", "tokens", "--verify"}).out,
              StartsWith("tokens: 3 files are as they were written\n"));
}

TEST_F(RouxData, SaysThatTheSameCommandGoesOnWhenItIsStopped) {
  const std::string once = world.read("sample/train.jsonl");
  std::string texts;
  while (texts.size() < (std::size_t{50} << 20)) texts += once;
  world.write("large.jsonl", texts);
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove_all(world.folder() / "tokens");
    Process process(
        command({"tokenize", "large.jsonl", "-m", "sample", "-o", "tokens", "--threads", "1"}),
        options());
    // What it writes to is there before it reads the first line.
    const auto begun = [&] {
      if (!fs::exists(world.folder() / "tokens")) return false;
      for (const auto& entry : fs::directory_iterator(world.folder() / "tokens")) {
        if (entry.path().filename().string().starts_with(".tmp-")) return true;
      }
      return false;
    };
    while (!begun()) {
    }
    process.send_signal(signal);
    const Finished stopped = process.wait();
    EXPECT_EQ(stopped.exit_code, 128 + signal);
    EXPECT_THAT(stopped.err, HasSubstr("stopped: the same command goes on"));
    const Finished inspected = data({"inspect", "tokens"});
    EXPECT_EQ(inspected.exit_code, 2);
    EXPECT_THAT(inspected.err, HasSubstr("is not finished"));
  }
}

TEST_F(RouxData, RefusesToDropTokensOfAnotherSource) {
  works({"tokenize", "sample/valid.jsonl", "sample/train.jsonl", "-m", "sample", "-o", "tokens"});
  const Finished fewer = data({"tokenize", "sample/valid.jsonl", "-m", "sample", "-o", "tokens"});
  EXPECT_EQ(fewer.exit_code, 2);
  EXPECT_THAT(fewer.err, AllOf(HasSubstr("sample/train.jsonl too, which is not among them"),
                               HasSubstr("--force")));
  works({"tokenize", "sample/valid.jsonl", "-m", "sample", "-o", "tokens", "--force"});
}

TEST_F(RouxData, FillsTheFolderThatItStandsIn) {
  const fs::path here = world.folder() / "here";
  fs::create_directory(here);
  ProcessOptions there = options();
  there.working_folder = here;
  const Finished made = run_process(command({"sample", "-o", ".", "--megabytes", "1"}), there);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(world.read("here/train.jsonl"), world.read("sample/train.jsonl"));
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
  const Finished inspected = works({"inspect", "texts.jsonl", "--skip-bad"});
  EXPECT_THAT(inspected.out, StartsWith("600 documents, "));
  EXPECT_THAT(inspected.err,
              AllOf(HasSubstr("texts.jsonl:301 "), HasSubstr("1 broken line was left out")));
  EXPECT_THAT(works({"inspect", "texts.jsonl", "--skip-bad", "--json"}).out,
              HasSubstr("\"broken\": 1}"));
  EXPECT_EQ(data({"inspect", "texts.jsonl"}).exit_code, 1);

  skipping.insert(skipping.end(), {"--force", "--max-bad-share", "0.0005"});
  world.write("texts.jsonl", lines + "3\n" + lines);
  const Finished too_many = data(skipping);
  EXPECT_EQ(too_many.exit_code, 1);
  EXPECT_THAT(too_many.err, HasSubstr("(--max-bad-share says how many may be)"));
  skipping.back() = "2";
  EXPECT_EQ(data(skipping).exit_code, 2);
}

TEST_F(RouxData, ShowsNamesAsTheyAreAndCountsOneAsOne) {
  world.write("a\nb\x1b[31m.jsonl", "{\"text\": \"7\"}\n");
  const Finished done = works(
      {"tokenize", "a\nb\x1b[31m.jsonl", "-m", "sample", "-o", "to\nkens\x1b[31m", "--no-eos"});
  EXPECT_THAT(done.err, StartsWith("to\\x0akens\\x1b[31m: 1 document, 1 token, in "));
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
