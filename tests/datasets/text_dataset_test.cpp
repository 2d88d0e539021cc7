#include "roux/datasets/text_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/data/pack.h"
#include "roux/data/pipeline.h"
#include "roux/data/shard_reader.h"
#include "roux/datasets/tokenize.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Texts = std::multiset<std::string>;

class TextDatasetTest : public testing::Test {
 protected:
  // Texts "NAME 0", "NAME 1", … in NAME.jsonl, some of them longer.
  Texts write(const std::string& name, int count) {
    Texts texts;
    std::string lines;
    for (int i = 0; i < count; ++i) {
      const std::string text = name + ' ' + std::to_string(i) + std::string(i % 7 * 10, '.');
      lines += "{\"id\": " + std::to_string(i) + ", \"text\": \"" + text + "\"}\n";
      texts.insert(text);
    }
    const fs::path file = folder_.path() / (name + ".jsonl");
    fs::create_directories(file.parent_path());
    write_file(file, lines);
    return texts;
  }

  std::string path(const std::string& name = "") const { return (folder_.path() / name).string(); }

  std::shared_ptr<const Dataset> open(const TextDatasetConfig& config) const {
    return open_text_dataset(config, tokenizer_, RandomStream(5, "data"));
  }

  std::vector<std::string> read(data::Stream<data::Document>& stream) const {
    std::vector<std::string> texts;
    while (const auto document = stream.next()) {
      EXPECT_EQ(document->ids.back(), *tokenizer_->special_tokens().eos);
      texts.push_back(tokenizer_->decode(document->ids, {.skip_special_tokens = true}));
    }
    return texts;
  }
  std::vector<std::string> shard(const Dataset& dataset, std::int64_t shard, std::int64_t of,
                                 std::int64_t epoch = 0, Split split = Split::Train) const {
    const auto stream = dataset.open(split, shard, of);
    stream->rewind(epoch);
    return read(*stream);
  }
  Texts all(const Dataset& dataset, std::int64_t num_shards, std::int64_t epoch = 0,
            Split split = Split::Train) const {
    Texts texts;
    for (std::int64_t i = 0; i < num_shards; ++i) {
      for (std::string& text : shard(dataset, i, num_shards, epoch, split)) {
        texts.insert(std::move(text));
      }
    }
    return texts;
  }

  fs::path tokenize(const std::vector<std::string>& sources, const std::string& name,
                    int threads = 2) {
    ThreadPool pool({.num_threads = threads});
    tokenize_texts({.sources = sources, .folder = path(name)}, tokenizer_, pool);
    return path(name);
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_ = make_byte_tokenizer();
};

TEST_F(TextDatasetTest, DealsEachTextToOneShard) {
  Texts texts = write("a", 500);
  texts.merge(write("deeper/b", 300));
  const auto dataset = open({.sources = {{path()}}, .shuffle_window = 100});
  for (const std::int64_t num_shards : {1, 2, 8}) {
    EXPECT_EQ(all(*dataset, num_shards), texts) << num_shards;
    EXPECT_EQ(all(*dataset, num_shards, 3), texts) << "in another epoch";
  }
}

TEST_F(TextDatasetTest, HasAnOrderOfItsOwnForEachEpoch) {
  write("a", 500);
  const auto dataset = open({.sources = {{path("a.jsonl")}}});
  EXPECT_EQ(shard(*dataset, 0, 2), shard(*dataset, 0, 2));
  EXPECT_NE(shard(*dataset, 0, 2, 0), shard(*dataset, 0, 2, 1));
  auto sorted = shard(*dataset, 0, 2);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NE(shard(*dataset, 0, 2), sorted);
}

TEST_F(TextDatasetTest, MixesSourcesByTheirShareOfTheTokens) {
  write("a", 400);
  write("b", 50);
  const auto dataset =
      open({.sources = {{path("a.jsonl"), 1.0}, {path("b.jsonl"), 3.0}}, .shuffle_window = 10});
  const auto stream = dataset->open(Split::Train, 0, 1);
  std::map<char, double> tokens;
  for (int i = 0; i < 2000; ++i) {  // far more than there are: sources begin again
    const auto document = stream->next();
    ASSERT_TRUE(document.has_value());
    tokens[tokenizer_->decode(document->ids, {.skip_special_tokens = true})[0]] +=
        static_cast<double>(document->ids.size());
  }
  EXPECT_NEAR(tokens['b'] / tokens['a'], 3.0, 0.02);
}

TEST_F(TextDatasetTest, HoldsOutTheSameTextsWhereverTheyLie) {
  const Texts texts = write("a", 2000);
  const TextDatasetConfig config{.sources = {{path("a.jsonl")}}, .valid_share = 0.1};
  const auto dataset = open(config);
  const Texts train = all(*dataset, 4);
  const Texts valid = all(*dataset, 3, 0, Split::Valid);
  EXPECT_NEAR(static_cast<double>(valid.size()), 200.0, 45.0);
  Texts both = train;
  both.insert(valid.begin(), valid.end());
  EXPECT_EQ(both, texts);

  TextDatasetConfig ahead = config;
  ahead.sources = {{tokenize({path("a.jsonl")}, "tokens").string()}};
  EXPECT_EQ(all(*open(ahead), 4), train);
  EXPECT_EQ(all(*open(ahead), 3, 0, Split::Valid), valid);
}

TEST_F(TextDatasetTest, ValidatesOnFilesOfItsOwn) {
  const Texts train = write("a", 20);
  const Texts valid = write("b", 10);
  const auto dataset = open({.sources = {{path("a.jsonl")}}, .valid_paths = {path("b.jsonl")}});
  EXPECT_EQ(all(*dataset, 1), train);
  EXPECT_EQ(all(*dataset, 1, 0, Split::Valid), valid);
  EXPECT_FALSE(open({.sources = {{path("a.jsonl")}}})->has(Split::Valid));
}

TEST_F(TextDatasetTest, ReadsTokensAsItReadsTexts) {
  const Texts texts = write("a", 700);
  const auto dataset = open({.sources = {{tokenize({path("a.jsonl")}, "tokens").string()}}});
  EXPECT_EQ(all(*dataset, 1), texts);
  EXPECT_EQ(all(*dataset, 8), texts);
}

TEST_F(TextDatasetTest, GoesOnFromEveryPlace) {
  write("a", 60);
  write("b", 30);
  for (const bool weighted : {false, true}) {
    TextDatasetConfig config{.sources = {{path("a.jsonl")}, {path("b.jsonl")}},
                             .shuffle_window = 20};
    if (weighted) config.sources = {{path("a.jsonl"), 1.0}, {path("b.jsonl"), 2.0}};
    const auto dataset = open(config);
    const auto stream = dataset->open(Split::Train, 1, 2);
    std::vector<std::vector<TokenId>> ids;
    std::vector<data::Bookmark> places{save(*stream)};
    for (int i = 0; i < 70; ++i) {
      const auto document = stream->next();
      if (!document) break;
      ids.push_back(document->ids);
      places.push_back(save(*stream));
    }
    for (std::size_t from = 0; from < places.size(); ++from) {
      const auto other = dataset->open(Split::Train, 1, 2);
      load(*other, places[from]);
      for (std::size_t i = from; i < std::min(from + 10, ids.size()); ++i) {
        ASSERT_EQ(other->next()->ids, ids[i]) << "from " << places[from].text();
      }
    }
  }
}

TEST_F(TextDatasetTest, LeavesOutBrokenLinesIfItIsTold) {
  const Texts texts = write("a", 100);
  std::string lines = read_file(path("a.jsonl"));
  write_file(path("a.jsonl"), lines + "{\"text\": 5}\n");
  TextDatasetConfig config{.sources = {{path("a.jsonl")}}};
  EXPECT_THAT([&] { all(*open(config), 2); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.jsonl:101 (byte "), HasSubstr("text"))));
  config.on_bad_example = OnBadExample::Skip;
  EXPECT_EQ(all(*open(config), 2), texts);
}

TEST_F(TextDatasetTest, SaysAtTheStartWhatCannotWork) {
  write("a", 10);
  const auto refuses = [&](const TextDatasetConfig& config, const char* text) {
    EXPECT_THAT([&] { open(config)->open(Split::Train, 0, 64); },
                ThrowsMessage<ConfigError>(HasSubstr(text)));
  };
  refuses({}, "needs dataset.path, or sources");
  refuses({.sources = {{path("missing.jsonl")}}}, "missing.jsonl");
  refuses({.sources = {{path("a.jsonl")}}}, "dataset.num_shards must be at most");
}

TEST_F(TextDatasetTest, RefusesTokensOfAnotherTokenizer) {
  write("a", 10);
  const fs::path folder = tokenize({path("a.jsonl")}, "tokens");
  const TextDatasetConfig config{.sources = {{folder.string()}}, .add_eos = false};
  EXPECT_THAT([&] { open(config); }, ThrowsMessage<ConfigError>(HasSubstr("add_eos = true, but")));
  std::string manifest = read_file(folder / "tokens.json");
  manifest.replace(manifest.find("259 tokens"), 3, "300");
  write_file(folder / "tokens.json", manifest);
  EXPECT_THAT([&] { open({.sources = {{folder.string()}}}); },
              ThrowsMessage<ConfigError>(HasSubstr("another tokenizer, 300 tokens")));
  fs::remove(folder / "tokens.json");
  EXPECT_THAT([&] { open({.sources = {{folder.string()}}}); },
              ThrowsMessage<ConfigError>(HasSubstr("the same command goes on with it")));
}

TEST_F(TextDatasetTest, FeedsTheSameBatchesToAnyNumberOfRanks) {
  write("a", 900);
  const auto dataset = open({.sources = {{path("a.jsonl")}}, .shuffle_window = 100});
  const auto open_shard = [&](std::int64_t shard) {
    return data::Pipeline(dataset->open(Split::Train, shard, 8))
        .repeat()
        .then<data::Pack>(data::PackOptions{.max_num_tokens = 128, .fit = data::PackFit::Best})
        .stream();
  };
  ThreadPool pool({.num_threads = 3});
  const auto steps = [&](std::int64_t ranks, int from, int to, data::ShardPlaces* places) {
    std::vector<std::unique_ptr<data::ShardReader<data::PackedBatch>>> readers;
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
      const data::ShardPlan plan{8, 8, ranks, rank};
      readers.push_back(
          std::make_unique<data::ShardReader<data::PackedBatch>>(plan, open_shard, pool, 4));
      if (from > 0) readers.back()->load(*places);
    }
    std::vector<std::multiset<std::vector<std::int64_t>>> all;
    for (int step = from; step < to; ++step) {
      all.emplace_back();
      for (const auto& reader : readers) {
        for (const data::PackedBatch& batch : reader->next_step()) {
          all.back().emplace(batch.ids().begin(), batch.ids().end());
        }
      }
    }
    data::ShardPlaces saved;
    for (const auto& reader : readers) {
      auto one = reader->save();
      one.shards.merge(saved.shards);
      saved = std::move(one);
    }
    *places = saved;
    return all;
  };
  data::ShardPlaces places;
  const auto alone = steps(1, 0, 60, &places);
  for (const std::int64_t ranks : {1, 2, 8}) {
    auto first = steps(4, 0, 25, &places);
    for (auto& step : steps(ranks, 25, 60, &places)) first.push_back(std::move(step));
    EXPECT_EQ(first, alone) << "4 ranks, then " << ranks;
  }
}

}  // namespace
}  // namespace roux::datasets
