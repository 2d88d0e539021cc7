#include "roux/datasets/text_dataset.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "datasets/text_parts.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/units.h"
#include "roux/data/pipeline.h"
#include "roux/datasets/token_manifest.h"

namespace roux::datasets {
namespace {

using data::Document;
using data::StreamPtr;

// The parts of several sources, as one.
class JoinedParts final : public TextParts {
 public:
  explicit JoinedParts(std::vector<std::shared_ptr<const TextParts>> sources)
      : sources_(std::move(sources)) {
    for (const auto& source : sources_) ends_.push_back(size() + source->size());
  }

  std::int64_t size() const override { return ends_.empty() ? 0 : ends_.back(); }

  StreamPtr<Document> open(std::int64_t part, TextChoice choice) const override {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), part);
    const auto source = static_cast<std::size_t>(end - ends_.begin());
    const std::int64_t begin = source == 0 ? 0 : ends_[source - 1];
    return sources_[source]->open(part - begin, choice);
  }

 private:
  std::vector<std::shared_ptr<const TextParts>> sources_;
  std::vector<std::int64_t> ends_;
};

class TextDataset final : public Dataset {
 public:
  TextDataset(const TextDatasetConfig& config, KnownTokenizer tokenizer, RandomStream random)
      : config_(config), random_(random) {
    if (config.sources.empty()) {
      throw ConfigError("a text dataset needs dataset.path, or sources in its config");
    }
    for (const TextSource& source : config.sources) {
      train_.push_back(find_text_files(source.path, config, tokenizer));
      if (source.weight) weights_.push_back(*source.weight);
    }
    for (const std::string& path : config.valid_paths) {
      valid_.push_back(find_text_files(path, config, tokenizer));
    }
  }

  bool has(Split split) const override {
    return split == Split::Train || !valid_.empty() || config_.valid_share > 0.0;
  }

  StreamPtr<Document> open(Split split, std::int64_t shard,
                           std::int64_t num_shards) const override {
    require(has(split), "the dataset has nothing in this split");
    require(0 <= shard && shard < num_shards, "a shard's index must be less than their count");
    const bool held_out = split == Split::Valid && valid_.empty();
    const TextChoice choice{valid_.empty() ? config_.valid_share : 0.0, held_out};
    const bool weighted = split == Split::Train && !weights_.empty();
    const auto pools = cut(held_out ? Split::Train : split, weighted, num_shards);

    std::vector<StreamPtr<Document>> streams;
    for (std::size_t i = 0; i < pools.size(); ++i) {
      const RandomStream random = random_.child(static_cast<std::uint64_t>(i));
      auto documents = read(pools[i], random, choice, shard, num_shards);
      if (weighted) documents = std::move(documents).repeat();
      streams.push_back(std::move(documents).stream());
    }
    if (!weighted) return std::move(streams.front());
    return data::mix(std::move(streams), weights_,
                     [](const Document& document) {
                       return static_cast<std::int64_t>(document.ids.size());
                     })
        .stream();
  }

  std::string description() const override {
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    for (const auto& source : train_) {
      files += source->num_files();
      bytes += source->num_bytes();
    }
    return cat(files, files == 1 ? " file, " : " files, ",
               approximate_bytes(static_cast<std::uint64_t>(bytes)));
  }

  std::string fingerprint() const override {
    std::string text = cat("text, window ", config_.shuffle_window, ", held out ",
                           valid_.empty() ? config_.valid_share : 0.0);
    for (std::size_t i = 0; i < train_.size(); ++i) {
      text += cat("; ", train_[i]->fingerprint());
      if (!weights_.empty()) text += cat(" x ", weights_[i]);
    }
    return text;
  }

 private:
  using Pools = std::vector<std::shared_ptr<const TextParts>>;

  // What is dealt to the shards: all sources as one, or each by itself where they have weights.
  Pools cut(Split split, bool weighted, std::int64_t num_shards) const {
    const std::lock_guard lock(mutex_);
    Pools& pools = pools_[{split, weighted, num_shards}];
    if (!pools.empty()) return pools;
    Pools sources;
    for (const auto& source : split == Split::Train ? train_ : valid_) {
      sources.push_back(source->cut(num_shards));
    }
    if (!weighted) sources = {std::make_shared<JoinedParts>(std::move(sources))};
    for (const auto& source : sources) {
      if (source->size() >= num_shards) continue;
      throw ConfigError(cat("dataset.num_shards must be at most ", source->size(), ", but is ",
                            num_shards, ": each shard needs something to read, and there is only ",
                            description()));
    }
    pools = std::move(sources);
    return pools;
  }

  data::Pipeline<Document> read(const std::shared_ptr<const TextParts>& parts, RandomStream random,
                                TextChoice choice, std::int64_t shard,
                                std::int64_t num_shards) const {
    auto documents =
        data::read_range(0, parts->size())
            .shuffle(0, random.child("parts"))
            .shard(shard, num_shards, /*allow_uneven=*/true)
            .yield_from([parts, choice](std::int64_t part) { return parts->open(part, choice); });
    if (config_.on_bad_example == OnBadExample::Skip) {
      documents = std::move(documents).skip_bad(
          {config_.max_bad_share, "dataset.config_overrides.max_bad_share", report});
    }
    const std::int64_t window = (config_.shuffle_window + num_shards - 1) / num_shards;
    if (window > 1 && !choice.valid) {
      const auto place = static_cast<std::uint64_t>(shard);
      documents = std::move(documents).shuffle(window, random.child("window").child(place));
    }
    return documents;
  }

  // The first few, and then fewer and fewer.
  static void report(const DataError& what, std::int64_t count) {
    constexpr std::int64_t kAll = 5;
    if (count <= kAll || count % 1000 == 0) {
      log_warning("left out (", count, " so far in its shard): ", what.what());
    }
  }

  TextDatasetConfig config_;
  RandomStream random_;
  std::vector<std::shared_ptr<const TextFiles>> train_;
  std::vector<double> weights_;  // of train_; none: all are one
  std::vector<std::shared_ptr<const TextFiles>> valid_;
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<Split, bool, std::int64_t>, Pools> pools_;
};

}  // namespace

std::shared_ptr<const TextFiles> find_text_files(const std::string& path,
                                                 const TextDatasetConfig& config,
                                                 KnownTokenizer& tokenizer) {
  if (is_token_folder(path)) return find_tokens(path, config, tokenizer);
  if (is_unfinished(path)) {
    throw ConfigError(cat(path, " holds no ", kTokenManifest,
                          ": `roux data tokenize` was stopped; the same command goes on with it"));
  }
  return find_json_texts(path, config, tokenizer.get());
}

std::shared_ptr<const Dataset> open_text_dataset(const TextDatasetConfig& config,
                                                 std::shared_ptr<const Tokenizer> tokenizer,
                                                 RandomStream random) {
  return std::make_shared<TextDataset>(config, KnownTokenizer(std::move(tokenizer)), random);
}

}  // namespace roux::datasets
