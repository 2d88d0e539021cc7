#include "roux/datasets/sample_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "roux/datasets/sample_corpus.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

const SampleConfig kSmall{.megabytes = 1};

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

// A process of its own that makes the corpus; its exit code: 1 made, 0 was there, 2 failed.
pid_t make_elsewhere(const fs::path& folder, const SampleConfig& config) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    _exit(make_sample_corpus(folder, config) ? 1 : 0);
  } catch (...) {
    _exit(2);
  }
}

int exit_code(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SampleFolder, HoldsTheCorpusAndItsTokenizer) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new" / "sample";

  EXPECT_TRUE(make_sample_corpus(path, kSmall));

  EXPECT_THAT(names_in(path), ElementsAre("sample.json", "sums_held_out.jsonl", "tokenizer.json",
                                          "tokenizer_config.json", "train.jsonl", "valid.jsonl",
                                          "world_held_out.jsonl"));
  EXPECT_THAT(names_in(path.parent_path()), ElementsAre("sample"));
  const auto files = contents(path);
  EXPECT_GT(files.at("train.jsonl").size(), 1'000'000U);
  EXPECT_LT(files.at("train.jsonl").size(), 1'500'000U);
  EXPECT_GT(files.at("valid.jsonl").size(), 50'000U);
  EXPECT_THAT(files.at("train.jsonl"), StartsWith("{\"text\": \""));
  EXPECT_THAT(files.at("sums_held_out.jsonl"), HasSubstr("\", \"answer\": \" "));
  EXPECT_THAT(files.at("world_held_out.jsonl"), HasSubstr("?\\nAnswer:\", \"answer\": \" "));
}

TEST(SampleFolder, HoldsStoriesSumsAndTheWorldInShares) {
  const TemporaryFolder folder;
  make_sample_corpus(folder.path() / "sample", kSmall);

  std::map<std::string, double> bytes;
  double all = 0;
  for (const auto& line : split(read_file(folder.path() / "sample" / "train.jsonl"), '\n')) {
    const auto kind = line.rfind("\"kind\": \"");
    if (kind == std::string::npos) continue;
    bytes[line.substr(kind + 9, line.size() - kind - 11)] += static_cast<double>(line.size());
    all += static_cast<double>(line.size());
  }

  EXPECT_EQ(bytes.size(), 3U);
  EXPECT_NEAR(bytes["sums"] / all, 0.30, 0.05);
  EXPECT_NEAR(bytes["story"] / all, 0.32, 0.05);
  EXPECT_NEAR(bytes["world"] / all, 0.38, 0.05);
}

TEST(SampleFolder, IsMadeOnce) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  make_sample_corpus(path, kSmall);
  const auto time = fs::last_write_time(path / "train.jsonl");

  EXPECT_FALSE(make_sample_corpus(path, kSmall));
  EXPECT_FALSE(make_sample_corpus(path / "", kSmall));

  EXPECT_EQ(fs::last_write_time(path / "train.jsonl"), time);
}

TEST(SampleFolder, HasTheSameBytesForTheSameSeed) {
  const TemporaryFolder folder;
  make_sample_corpus(folder.path() / "one", kSmall);
  make_sample_corpus(folder.path() / "two", kSmall);
  make_sample_corpus(folder.path() / "other", {.seed = 1, .megabytes = 1});

  const auto one = contents(folder.path() / "one");
  const auto other = contents(folder.path() / "other");
  EXPECT_EQ(one, contents(folder.path() / "two"));
  EXPECT_NE(one.at("train.jsonl"), other.at("train.jsonl"));
  EXPECT_NE(one.at("sums_held_out.jsonl"), other.at("sums_held_out.jsonl"));
  EXPECT_NE(one.at("world_held_out.jsonl"), other.at("world_held_out.jsonl"));
  EXPECT_EQ(one.at("tokenizer.json"), other.at("tokenizer.json"));
}

TEST(SampleFolder, IsMadeByOneOfSeveralProcesses) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";

  std::array<pid_t, 4> children{};
  for (pid_t& child : children) child = make_elsewhere(path, kSmall);
  int made = 0;
  for (const pid_t child : children) {
    const int code = exit_code(child);
    EXPECT_NE(code, 2);
    made += code;
  }

  EXPECT_EQ(made, 1);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("sample"));
  EXPECT_FALSE(make_sample_corpus(path, kSmall));
}

TEST(SampleFolder, WaitsForWhoeverMakesItAndSaysSo) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  fs::create_directory(path);
  auto lock = FileLock::try_lock(path / ".sample.lock");
  ASSERT_TRUE(lock.has_value());

  std::string maker;
  EXPECT_TRUE(make_sample_corpus(path, kSmall, [&](const SampleProgress& progress) {
    if (!lock) return;
    EXPECT_THAT(names_in(path), ElementsAre(".sample.lock"));
    maker = progress.maker;
    lock.reset();
  }));

  EXPECT_THAT(maker, HasSubstr(cat("process ", getpid())));
}

TEST(SampleFolder, SaysHowFarItIs) {
  const TemporaryFolder folder;
  std::vector<std::int64_t> bytes;
  make_sample_corpus(folder.path(), {.megabytes = 3}, [&](const SampleProgress& progress) {
    EXPECT_EQ(progress.all_bytes, 3'150'000);
    bytes.push_back(progress.bytes);
  });
  EXPECT_GE(bytes.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(bytes));
  EXPECT_LE(bytes.back(), 3'150'000);
}

TEST(SampleFolder, IsMadeAnewIfItsMakerIsKilled) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  const SampleConfig large{.megabytes = 100};

  const pid_t child = make_elsewhere(path, large);
  while (!fs::exists(path / ".sample.begun")) std::this_thread::yield();
  kill(child, SIGKILL);
  EXPECT_EQ(exit_code(child), -1);

  EXPECT_FALSE(fs::exists(path / "sample.json"));
  EXPECT_TRUE(make_sample_corpus(path, kSmall));
  make_sample_corpus(folder.path() / "other", kSmall);
  EXPECT_EQ(contents(path), contents(folder.path() / "other"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("other", "sample"));
}

TEST(SampleFolder, IsMadeAnewWhereItWasStoppedBetweenItsFiles) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  make_sample_corpus(path, {.seed = 9, .megabytes = 1});
  fs::remove(path / "sample.json");
  fs::remove(path / "valid.jsonl");
  write_file(path / ".sample.begun", "");
  write_file(path / ".tmp-0123456789abcdef", "half");

  EXPECT_TRUE(make_sample_corpus(path, kSmall));
  make_sample_corpus(folder.path() / "other", kSmall);
  EXPECT_EQ(contents(path), contents(folder.path() / "other"));
}

TEST(SampleFolder, IsFinishedWhereItsOwnFilesAreAndNoOthersOfTheirNames) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  make_sample_corpus(path, kSmall);
  const auto whole = contents(path);
  fs::remove(path / "sample.json");
  fs::remove(path / "valid.jsonl");
  EXPECT_TRUE(make_sample_corpus(path, kSmall));
  EXPECT_EQ(contents(path), whole);

  fs::remove(path / "sample.json");
  for (const char* text : {"{\"text\": \"mine\"}\n", ""}) {
    write_file(path / "train.jsonl", text);
    const auto before = contents(path);
    EXPECT_THAT([&] { make_sample_corpus(path, kSmall); },
                ThrowsMessage<ConfigError>(HasSubstr("holds another train.jsonl")));
    EXPECT_EQ(contents(path), before);
  }
}

// "." in it, a place to mount something at, behind a link, in a folder that is closed.
TEST(SampleFolder, MayBeThereAndEmptyAndIsFilledAsItIs) {
  const TemporaryFolder folder;
  const auto parent = folder.path() / "parent";
  const auto path = parent / "sample";
  fs::create_directories(path);
  fs::permissions(path, fs::perms::owner_all);
  fs::create_directory_symlink(path, folder.path() / "link");
  fs::permissions(parent, fs::perms::owner_read | fs::perms::owner_exec);

  EXPECT_TRUE(make_sample_corpus(folder.path() / "link", kSmall));

  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_FALSE(make_sample_corpus(path / ".", kSmall));
  fs::permissions(parent, fs::perms::owner_all);
  EXPECT_THAT(names_in(parent), ElementsAre("sample"));

  // The working folder is of the whole process: a process of its own.
  fs::create_directory(folder.path() / "here");
  const pid_t child = fork();
  if (child == 0) {
    fs::current_path(folder.path() / "here");
    try {
      _exit(make_sample_corpus(".", kSmall) ? 1 : 0);
    } catch (...) {
      _exit(2);
    }
  }
  EXPECT_EQ(exit_code(child), 1);
  EXPECT_EQ(contents(folder.path() / "here"), contents(path));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("here", "link", "parent"));
}

TEST(SampleFolder, IsNoFolderOfSomethingElse) {
  const TemporaryFolder folder;
  write_file(folder.path() / "letter.txt", "Dear Mia");
  EXPECT_THAT([&] { make_sample_corpus(folder.path() / "letter.txt" / "sample", kSmall); },
              ThrowsMessage<Error>(HasSubstr("cannot make the folder ")));

  EXPECT_THAT([&] { make_sample_corpus(folder.path(), kSmall); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(folder.path().string()), HasSubstr("but holds letter.txt"))));
  EXPECT_THAT([&] { make_sample_corpus(folder.path() / "letter.txt", kSmall); },
              ThrowsMessage<ConfigError>(HasSubstr("but is a file")));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("letter.txt"));
}

TEST(SampleFolder, PutsBackWhatSomebodyRemoved) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sample";
  make_sample_corpus(path, kSmall);
  const auto whole = contents(path);
  const auto time = fs::last_write_time(path / "train.jsonl");
  for (const auto& [name, text] : whole) {
    if (name != "train.jsonl" && name != "sample.json") fs::remove(path / name);
  }

  EXPECT_TRUE(make_sample_corpus(path, kSmall));
  EXPECT_EQ(contents(path), whole);
  EXPECT_EQ(fs::last_write_time(path / "train.jsonl"), time);
  EXPECT_FALSE(make_sample_corpus(path, kSmall));

  fs::remove(path / "train.jsonl");
  EXPECT_TRUE(make_sample_corpus(path, kSmall));
  EXPECT_EQ(contents(path), whole);
}

TEST(SampleFolder, SaysWhichOtherCorpusItHolds) {
  const TemporaryFolder folder;
  make_sample_corpus(folder.path() / "sample", kSmall);

  EXPECT_THAT(
      [&] { make_sample_corpus(folder.path() / "sample", {.seed = 3, .megabytes = 1}); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("\"seed\": 3"), HasSubstr("\"seed\": 0"))));
}

TEST(SampleFolder, RefusesASizeThatIsNone) {
  const TemporaryFolder folder;

  EXPECT_THAT([&] { make_sample_corpus(folder.path(), {.megabytes = 0}); },
              ThrowsMessage<ConfigError>(HasSubstr("must be from 1 to 1000, but is 0")));
}

// Variables of the environment, as they were before once this goes.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(SampleFolder, LiesInTheCache) {
  const Variable home("HOME", "/home/mia");
  {
    const Variable cache("XDG_CACHE_HOME", "/cache");
    EXPECT_EQ(default_sample_folder(), "/cache/roux/sample-v2-seed0-4MB");
    EXPECT_EQ(default_sample_folder({.seed = 7, .megabytes = 2}),
              "/cache/roux/sample-v2-seed7-2MB");
  }
  for (const char* none : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Variable cache("XDG_CACHE_HOME", none);
    EXPECT_EQ(default_sample_folder(), "/home/mia/.cache/roux/sample-v2-seed0-4MB");
    const Variable homeless("HOME", none);
    EXPECT_THAT([] { default_sample_folder(); },
                ThrowsMessage<ConfigError>(HasSubstr("neither XDG_CACHE_HOME nor HOME")));
  }
}

// The tokenizer.

class SampleTokenizer : public ::testing::Test {
 protected:
  SampleTokenizer() {
    make_sample_corpus(folder.path() / "sample", kSmall);
    tokenizer = load_tokenizer(folder.path() / "sample");
  }

  TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer;
};

TEST_F(SampleTokenizer, GivesBackEveryDocument) {
  const SampleCorpus corpus(0);
  std::size_t bytes = 0;
  std::size_t tokens = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const std::string text = corpus.document(i).text;
    const auto ids = tokenizer->encode(text);
    EXPECT_EQ(tokenizer->decode(ids), text);
    bytes += text.size();
    tokens += ids.size();
  }

  EXPECT_GT(static_cast<double>(bytes) / static_cast<double>(tokens), 2.0);
}

TEST_F(SampleTokenizer, MakesADigitATokenAndAWordOne) {
  const auto tokens = [this](std::string_view text) { return tokenizer->encode(text).size(); };

  EXPECT_EQ(tokens("7"), 1U);
  EXPECT_EQ(tokens("17"), 2U);
  EXPECT_EQ(tokens(" garden"), 1U);
  EXPECT_EQ(tokens("Question:"), 2U);
}

TEST_F(SampleTokenizer, HasATokenBetweenDocuments) {
  const auto end = tokenizer->find("<|endoftext|>");

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(tokenizer->special_tokens().bos, end);
  EXPECT_EQ(tokenizer->special_tokens().eos, end);
  EXPECT_EQ(tokenizer->size(), 1024);
}

}  // namespace
}  // namespace roux::datasets
