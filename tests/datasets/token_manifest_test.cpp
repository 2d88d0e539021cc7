#include "roux/datasets/token_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/datasets/sample_corpus.h"
#include "roux/datasets/sample_folder.h"
#include "roux/datasets/text_dataset.h"
#include "roux/datasets/tokenize.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Tokens, and tokenizers that differ from the one that made them, the sample's.
class TokenManifestTest : public testing::Test {
 protected:
  TokenManifestTest() {
    make_sample_corpus(path("sample"), {.megabytes = 1});
    tokenizer_ = load_tokenizer(path("sample"));
    write_file(path("a.jsonl"), "{\"text\": \"3 + 4 = 7\"}\n{\"text\": \"Mia\"}\n");
    tokenize(tokenizer_);
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }

  TokenizeProgress tokenize(const std::shared_ptr<const Tokenizer>& tokenizer, bool force = false) {
    ThreadPool pool({.num_threads = 1});
    return tokenize_texts(
        {.sources = {path("a.jsonl").string()}, .folder = path("tokens"), .force = force},
        tokenizer, pool);
  }

  std::shared_ptr<const Dataset> open(std::shared_ptr<const Tokenizer> tokenizer) const {
    return open_text_dataset({.sources = {{path("tokens").string()}}}, std::move(tokenizer),
                             RandomStream(1, "data"));
  }

  // The sample's tokenizer, changed: `change` gets what the file of that name holds.
  template <typename F>
  std::shared_ptr<const Tokenizer> changed(const std::string& file, F change) const {
    fs::remove_all(path("other"));
    fs::create_directory(path("other"));
    for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
      fs::copy(path("sample") / name, path("other") / name);
    }
    auto json = ordered_json::parse(read_file(path("other") / file));
    change(json);
    write_file(path("other") / file, json.dump());
    return load_tokenizer(path("other"));
  }

  void is_told_from(const std::shared_ptr<const Tokenizer>& other) {
    EXPECT_NE(fingerprint_of(*other), fingerprint_of(*tokenizer_));
    EXPECT_THAT([&] { open(other); }, ThrowsMessage<ConfigError>(HasSubstr("another tokenizer")));
    EXPECT_THAT([&] { tokenize(other); },
                ThrowsMessage<ConfigError>(
                    AllOf(HasSubstr("made with another tokenizer"), HasSubstr("--force"))));
    EXPECT_EQ(tokenize(other, true).documents, 2);
    open(other);
    tokenize(tokenizer_, true);
  }

  void change_manifest(const std::string& from, const std::string& to) const {
    std::string text = read_file(path("tokens/tokens.json"));
    ASSERT_NE(text.find(from), std::string::npos) << text;
    write_file(path("tokens/tokens.json"), text.replace(text.find(from), from.size(), to));
  }

  void is_refused(const std::string& why) const {
    EXPECT_THAT([&] { open(tokenizer_); },
                ThrowsMessage<DataError>(
                    AllOf(HasSubstr(why), HasSubstr("with --force makes the tokens again"))));
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_F(TokenManifestTest, TellsTokenizersApartByOneMerge) {
  is_told_from(changed("tokenizer.json", [](ordered_json& json) {
    auto& merges = json["model"]["merges"];
    merges.erase(merges.size() - 1);
  }));
  is_told_from(changed("tokenizer.json", [](ordered_json& json) {
    auto& merges = json["model"]["merges"];
    std::swap(merges[10], merges[300]);
  }));
}

// Where it is of consequence for what the tokenizer was made for.
TEST_F(TokenManifestTest, TellsTokenizersApartByTheOrderOfTheirMerges) {
  const SampleCorpus corpus(0);
  std::string texts;
  for (std::uint64_t i = 0; i < 300; ++i) texts += corpus.document(i).text;
  const auto ids = tokenizer_->encode(texts);
  int others = 0;
  for (std::size_t k = 0; k < 600; k += 6) {
    const auto other = changed("tokenizer.json", [&](ordered_json& json) {
      auto& merges = json["model"]["merges"];
      std::swap(merges[k], merges[k + 30]);
    });
    if (other->encode(texts) == ids) continue;
    ++others;
    EXPECT_NE(fingerprint_of(*other), fingerprint_of(*tokenizer_)) << k;
  }
  EXPECT_GT(others, 3);
}

TEST_F(TokenManifestTest, TellsTokenizersApartByTheirEndOfText) {
  is_told_from(
      changed("tokenizer_config.json", [](ordered_json& json) { json["eos_token"] = "!"; }));
}

TEST_F(TokenManifestTest, IsTheSameForTheSameTokenizer) {
  EXPECT_EQ(fingerprint_of(*load_tokenizer(path("sample"))), fingerprint_of(*tokenizer_));
  EXPECT_EQ(tokenize(load_tokenizer(path("sample"))).kept_files, 1);
}

TEST_F(TokenManifestTest, NamesFilesOfTheFolderAlone) {
  for (const char* name : {"../a.jsonl", "/etc/passwd", "", "..", "deeper/000000.tokens"}) {
    change_manifest("\"000000.tokens\"", cat('"', name, '"'));
    is_refused(cat("it names \"", name, "\", which is no file of the folder"));
    change_manifest(cat("\"name\": \"", name, '"'), "\"name\": \"000000.tokens\"");
  }
  open(tokenizer_);
}

TEST_F(TokenManifestTest, CountsWhatTheFilesHold) {
  change_manifest("\"documents\": 2", "\"documents\": 3");
  is_refused("000000.tokens holds 2 documents and ");
}

TEST_F(TokenManifestTest, SaysWhatHelpsWhereSomethingIsMissingOrDamaged) {
  const std::string bytes = read_file(path("tokens/000000.tokens"));
  write_file(path("tokens/000000.tokens"), bytes.substr(0, bytes.size() / 2));
  is_refused("is no whole token file");
  fs::remove(path("tokens/000000.tokens"));
  is_refused("No such file");
  write_file(path("tokens/tokens.json"), "{");
  is_refused("tokens.json is not what `roux data tokenize` writes");
  EXPECT_EQ(tokenize(tokenizer_, true).documents, 2);
  open(tokenizer_);
}

TEST_F(TokenManifestTest, KnowsAFolderThatWasOnlyBegun) {
  fs::create_directory(path("begun"));
  EXPECT_FALSE(is_unfinished(path("begun")));
  write_file(path("begun/.lock"), "");
  EXPECT_TRUE(is_unfinished(path("begun")));
  write_file(path("begun/.tmp-0123456789abcdef"), "half");
  EXPECT_TRUE(is_unfinished(path("begun")));
  write_file(path("begun/a.jsonl"), "somebody's");
  EXPECT_FALSE(is_unfinished(path("begun")));
  write_file(path("begun/new-000000.tokens"), "");
  EXPECT_TRUE(is_unfinished(path("begun")));
  EXPECT_FALSE(is_unfinished(path("tokens")));
}

}  // namespace
}  // namespace roux::datasets
