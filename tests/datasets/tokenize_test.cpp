#include "roux/datasets/tokenize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/data/token_file.h"
#include "roux/datasets/token_manifest.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class TokenizeTest : public testing::Test {
 protected:
  // A file of its own for each source.
  static constexpr std::int64_t kSmall = 1 << 10;

  fs::path path(const std::string& name = "") const { return folder_.path() / name; }

  std::string write(const std::string& name, int good, int bad = 0) const {
    std::string lines;
    for (int i = 0; i < good; ++i) {
      lines += "{\"text\": \"" + name + ' ' + std::to_string(i) + "\"}\n";
    }
    for (int i = 0; i < bad; ++i) lines += "{\"text\": 5}\n";
    write_file(path(name), lines);
    return path(name).string();
  }

  TokenizeProgress tokenize(TokenizeOptions options, int threads = 2) const {
    if (options.folder.empty()) options.folder = path("tokens");
    ThreadPool pool({.num_threads = threads});
    return tokenize_texts(options, tokenizer_, pool);
  }

  // All texts in the folder, in order.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    std::vector<TokenId> ids;
    for (const auto& file : read_manifest(path("tokens")).files) {
      const data::TokenFile tokens(path("tokens") / file.name);
      for (std::int64_t i = 0; i < tokens.num_documents(); ++i) {
        tokens.read(i, ids);
        all.push_back(tokenizer_->decode(ids, {.skip_special_tokens = true}));
      }
    }
    return all;
  }

  std::map<std::string, std::string> contents(const fs::path& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name != ".lock") files[name] = read_file(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_ = make_byte_tokenizer();
};

TEST_F(TokenizeTest, WritesTheSameWithAnyNumberOfThreads) {
  const std::string a = write("a.jsonl", 300);
  const std::string b = write("b.jsonl", 300);
  tokenize({.sources = {a, b}, .folder = path("one"), .file_bytes = 2 * kSmall}, 1);
  tokenize({.sources = {a, b}, .folder = path("four"), .file_bytes = 2 * kSmall}, 4);

  const auto one = contents(path("one"));
  EXPECT_EQ(one, contents(path("four")));
  EXPECT_GT(one.size(), 6U);
}

TEST_F(TokenizeTest, PutsManySmallFilesIntoOne) {
  std::vector<std::string> expected;
  fs::create_directory(path("many"));
  for (int i = 100; i < 150; ++i) {
    const std::string name = "many/" + std::to_string(i) + ".jsonl";
    write(name, 2);
    expected.push_back(name + " 0");
    expected.push_back(name + " 1");
  }

  const TokenizeProgress done = tokenize({.sources = {path("many").string()}});

  EXPECT_EQ(texts(), expected);
  EXPECT_EQ(read_manifest(path("tokens")).files.size(), 1U);
  EXPECT_EQ(done.bytes, done.all_bytes);
}

TEST_F(TokenizeTest, GoesOnBehindWhatIsWhole) {
  TokenizeOptions options{.sources = {write("a.jsonl", 40), write("b.jsonl", 40)},
                          .file_bytes = kSmall};
  tokenize(options);
  ASSERT_EQ(contents(path("tokens")).size(), 3U);
  const auto first_was_written = fs::last_write_time(path("tokens/000000.tokens"));
  // As a process leaves it that is killed in its second file; and that file has changed besides.
  fs::remove(path("tokens/tokens.json"));
  write_file(path("tokens/.tmp-0123456789abcdef"), "half");
  fs::copy(path("tokens/000001.tokens"), path("tokens/000002.tokens"));  // of a longer list
  write("b.jsonl", 41);

  TokenizeProgress last;
  options.progress = [&](const TokenizeProgress& progress) { last = progress; };
  const TokenizeProgress done = tokenize(options);

  EXPECT_EQ(done.kept_files, 1);
  EXPECT_EQ(done.documents, 81);
  EXPECT_EQ(last.bytes, last.all_bytes);
  EXPECT_EQ(fs::last_write_time(path("tokens/000000.tokens")), first_was_written);
  EXPECT_EQ(contents(path("tokens")).size(), 3U);
  EXPECT_EQ(texts().size(), 81U);
}

TEST_F(TokenizeTest, CountsWhatAnEarlierRunLeftOut) {
  TokenizeOptions options{.sources = {write("a.jsonl", 40, 6), write("b.jsonl", 40, 6)},
                          .file_bytes = kSmall,
                          .skip_bad = data::BadExamples()};
  for (int run = 0; run < 3; ++run) {  // 12 of what counts as 1,000 are too many, each time
    EXPECT_THAT([&] { tokenize(options); },
                ThrowsMessage<DataError>(HasSubstr("11 of 91 examples are broken")));
  }
  options.skip_bad->max_share = 0.012;
  EXPECT_EQ(tokenize(options).bad, 12);
  EXPECT_EQ(tokenize(options).bad, 12);
  options.skip_bad->max_share = 0.01;
  EXPECT_THAT([&] { tokenize(options); },
              ThrowsMessage<DataError>(HasSubstr("000001.tokens was made without 6")));
  options.skip_bad.reset();
  EXPECT_THAT([&] { tokenize(options); }, ThrowsMessage<DataError>(HasSubstr("a.jsonl:41")));
}

TEST_F(TokenizeTest, TakesOverWhatIsWholeAndUnbrokenWithAndWithoutSkipping) {
  TokenizeOptions options{.sources = {write("a.jsonl", 4)}};
  tokenize(options);
  options.skip_bad.emplace();
  EXPECT_EQ(tokenize(options).kept_files, 1);
}

TEST_F(TokenizeTest, IsNotContentWithoutAnyText) {
  EXPECT_THAT(
      [&] { tokenize({.sources = {write("a.jsonl", 0, 3)}, .skip_bad = data::BadExamples()}); },
      ThrowsMessage<DataError>(
          AllOf(HasSubstr("there is no text in "), HasSubstr("a.jsonl: every line is broken"))));
  EXPECT_FALSE(fs::exists(path("tokens")));

  fs::create_directory(path("tokens"));
  EXPECT_THROW(tokenize({.sources = {path("a.jsonl").string()}, .skip_bad = data::BadExamples()}),
               DataError);
  EXPECT_TRUE(fs::is_empty(path("tokens")));
}

TEST_F(TokenizeTest, StopsAtADamagedFileAlsoWhereItSkipsBrokenLines) {
  const std::string_view half("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56", 12);
  write_file(path("b.jsonl.gz"), half);
  TokenizeOptions options{.sources = {write("a.jsonl", 5), path("b.jsonl.gz").string()},
                          .skip_bad = data::BadExamples{.max_share = 1.0}};
  EXPECT_THAT([&] { tokenize(options); },
              ThrowsMessage<data::DamagedFile>(HasSubstr("b.jsonl.gz: ends in the midst")));
}

// Between two files of tokens, and within one.
TEST_F(TokenizeTest, StopsAtASourceThatIsReplacedMeanwhile) {
  for (const std::int64_t file_bytes : {20 * kSmall, 1000 * kSmall}) {
    const std::string a = write("a.jsonl", 2000);
    const std::string other = write("b.jsonl", 2000);
    TokenizeOptions options{
        .sources = {a}, .folder = path(cat("tokens", file_bytes)), .file_bytes = file_bytes};
    options.progress = [&](const TokenizeProgress&) {
      if (fs::exists(other)) fs::rename(other, a);
    };
    EXPECT_THAT([&] { tokenize(options); },
                ThrowsMessage<DataError>(
                    HasSubstr("a.jsonl: was replaced by another file while it was read")));
    EXPECT_EQ(tokenize(options).documents, 2000);
  }
}

TEST_F(TokenizeTest, SaysHowFarItIsInACompressedFile) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "{\"text\": \"" + std::to_string(i * 7919L) + "\"}\n";
  write_file(path("a.jsonl.gz"), data::gzip(text));
  std::vector<double> shares;
  TokenizeOptions options{.sources = {path("a.jsonl.gz").string()}};
  options.progress = [&](const TokenizeProgress& progress) {
    shares.push_back(static_cast<double>(progress.bytes) / static_cast<double>(progress.all_bytes));
  };
  tokenize(options);
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  EXPECT_EQ(shares.back(), 1.0);
  EXPECT_GT(std::ranges::count_if(shares, [](double share) { return share > 0.2 && share < 0.8; }),
            0);
}

// What is in use, and what its bytes were.
TEST_F(TokenizeTest, LeavesAFinishedFolderInUseUntilTheNewFilesAreThere) {
  TokenizeOptions options{.sources = {write("a.jsonl", 40)}, .file_bytes = kSmall};
  tokenize(options);
  const auto before = contents(path("tokens"));
  write("a.jsonl", 41);
  options.sources.push_back(write("b.jsonl", 40, 1));
  EXPECT_THAT([&] { tokenize(options); }, ThrowsMessage<DataError>(HasSubstr("b.jsonl:41")));
  for (const auto& [name, bytes] : before) EXPECT_EQ(read_file(path("tokens") / name), bytes);
  EXPECT_EQ(texts().size(), 40U);

  write("b.jsonl", 40);
  EXPECT_EQ(tokenize(options).kept_files, 1) << "which the run that failed had made anew";
  EXPECT_EQ(texts().size(), 81U);
  EXPECT_EQ(contents(path("tokens")).size(), 3U);
}

TEST_F(TokenizeTest, KeepsFilesThatGetAnotherNumber) {
  const std::string a = write("a.jsonl", 40);
  const std::string b = write("b.jsonl", 40);
  const std::string c = write("c.jsonl", 40);
  tokenize({.sources = {b, c}, .file_bytes = kSmall});
  EXPECT_EQ(tokenize({.sources = {a, c, b}, .file_bytes = kSmall}).kept_files, 2);
  const auto all = texts();
  EXPECT_EQ(all.size(), 120U);
  EXPECT_EQ(all[0], "a.jsonl 0");
  EXPECT_EQ(all[40], "c.jsonl 0");
  EXPECT_EQ(all[80], "b.jsonl 0");
}

// At every moment of taking new files into use, as a kill leaves it.
TEST_F(TokenizeTest, FindsItsFilesAgainWhateverNamesTheyHave) {
  const TokenizeOptions options{
      .sources = {write("a.jsonl", 40), write("b.jsonl", 40), write("c.jsonl", 40)},
      .file_bytes = kSmall};
  tokenize(options);
  const auto whole = contents(path("tokens"));
  for (const int done : {0, 1, 2, 3}) {
    fs::remove(path("tokens/tokens.json"));
    for (int i = done; i < 3; ++i) {
      fs::rename(path("tokens/00000" + std::to_string(i) + ".tokens"),
                 path("tokens/new-00000" + std::to_string(2 - i) + ".tokens"));
    }
    EXPECT_TRUE(is_unfinished(path("tokens")));
    EXPECT_EQ(tokenize(options).kept_files, 3) << done;
    EXPECT_EQ(contents(path("tokens")), whole) << done;
  }
}

TEST_F(TokenizeTest, RefusesToDropTokensOfSourcesThatAreNotNamed) {
  const std::string a = write("a.jsonl", 4);
  tokenize({.sources = {a, write("b.jsonl", 4), write("c.jsonl", 4)}});
  const auto before = contents(path("tokens"));
  EXPECT_THAT(
      [&] { tokenize({.sources = {a}}); },
      ThrowsMessage<ConfigError>(AllOf(
          HasSubstr("/b.jsonl, "), HasSubstr("/c.jsonl too, which are"), HasSubstr("--force"))));
  EXPECT_EQ(contents(path("tokens")), before);
  EXPECT_EQ(tokenize({.sources = {a}, .force = true}).documents, 4);
}

TEST_F(TokenizeTest, DoesNotReadWhatItWrites) {
  fs::create_directory(path("data"));
  write("data/a.jsonl", 40);
  TokenizeOptions options{.sources = {path("data/*").string()}, .folder = path("data")};
  EXPECT_EQ(tokenize(options).documents, 40);
  EXPECT_EQ(tokenize(options).kept_files, 1);
  fs::remove(path("data/a.jsonl"));
  EXPECT_THAT([&] { tokenize(options); },
              ThrowsMessage<ConfigError>(HasSubstr("means nothing but what is written to")));
}

TEST_F(TokenizeTest, GoesOnWithSourcesOfAnyName) {
  const std::string name = "d\xff\xc3\\.jsonl";
  TokenizeOptions options{.sources = {write(name, 0), write("d\xfe\xc3\\.jsonl", 0)}};
  for (const std::string& source : options.sources) {
    write_file(source, "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
  }
  tokenize(options);
  EXPECT_EQ(tokenize(options).kept_files, 1);
}

TEST_F(TokenizeTest, SaysThatAFolderCannotBeMade) {
  write("file", 1);
  EXPECT_THAT([&] { tokenize({.sources = {write("a.jsonl", 4)}, .folder = path("file/tokens")}); },
              ThrowsMessage<Error>(HasSubstr("cannot make the folder ")));
}

TEST_F(TokenizeTest, RefusesAFolderWithOtherTokens) {
  const TokenizeOptions options{.sources = {write("a.jsonl", 4)}};
  tokenize(options);
  const auto before = contents(path("tokens"));
  const auto refuses = [&](const TokenizeOptions& other, const char* why) {
    EXPECT_THAT([&] { tokenize(other); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr(why), HasSubstr("--force"))));
    EXPECT_EQ(contents(path("tokens")), before) << why;
  };
  TokenizeOptions other = options;
  other.add_eos = false;
  refuses(other, "was made with ends of texts");
  other = options;
  other.field = "title";
  refuses(other, "of the field \"text\", not \"title\"");
  other = options;
  other.sources = {write("b.jsonl", 3)};
  refuses(other, "it was made of ");
  refuses(other, "a.jsonl too, which is not among them");

  // The files alone say it too, as those of a run that was stopped.
  fs::remove(path("tokens/tokens.json"));
  EXPECT_THAT([&] { tokenize(other); }, ThrowsMessage<ConfigError>(HasSubstr("was made of ")));
  other.force = true;
  EXPECT_EQ(tokenize(other).documents, 3);
  EXPECT_EQ(texts().size(), 3U);

  // Some of them are asked for again: it is the same corpus, and grows.
  other.force = false;
  other.sources.push_back(path("a.jsonl").string());
  EXPECT_EQ(tokenize(other).documents, 7);
}

TEST_F(TokenizeTest, LeavesAloneWhatItDidNotWrite) {
  fs::create_directory(path("tokens"));
  const std::vector<std::string> names{"tokens/speech.tokens", "tokens/.tmp-mine",
                                       "tokens/.tmp-0123"};
  for (const std::string& name : names) write_file(path(name), "somebody's");
  TokenizeOptions options{.sources = {write("a.jsonl", 4)}};
  tokenize(options);
  for (const std::string& name : names) EXPECT_EQ(read_file(path(name)), "somebody's");

  write_file(path("tokens/000007.tokens"), "somebody's");
  EXPECT_THAT([&] { tokenize(options); },
              ThrowsMessage<ConfigError>(HasSubstr("000007.tokens is no whole file of tokens")));
  options.force = true;
  tokenize(options);
  EXPECT_EQ(read_file(path("tokens/000007.tokens")), "somebody's");
}

TEST_F(TokenizeTest, TouchesNothingBeforeItsSourcesAreFound) {
  TokenizeOptions options{.sources = {write("a.jsonl", 4)}};
  tokenize(options);
  const auto before = contents(path("tokens"));
  options.sources.push_back(path("missing.jsonl").string());
  EXPECT_THROW(tokenize(options), ConfigError);
  EXPECT_EQ(contents(path("tokens")), before);
}

TEST_F(TokenizeTest, TakesEachFileOnce) {
  const std::string a = write("a.jsonl", 4);
  const std::string other = path("./a.jsonl").string();
  EXPECT_THAT(
      [&] {
        tokenize({.sources = {a, a}});
      },
      ThrowsMessage<ConfigError>(HasSubstr(a + " is named twice: ")));
  EXPECT_THAT(
      [&] {
        tokenize({.sources = {a, other}});
      },
      ThrowsMessage<ConfigError>(HasSubstr(other + " is named twice, also as " + a)));
  EXPECT_THAT(
      [&] {
        tokenize({.sources = {a, path().string()}});
      },
      ThrowsMessage<ConfigError>(HasSubstr("a.jsonl is named twice")));
}

}  // namespace
}  // namespace roux::datasets
