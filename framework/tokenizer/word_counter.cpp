#include "tokenizer/word_counter.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <utility>

#include "roux/tokenizer/bpe_trainer.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/hash.h"

namespace roux {
namespace {

constexpr std::size_t kPart = std::size_t{256} << 10U;
constexpr std::size_t kLongestWord = 1024;

// The longest beginning of at most kLongestWord bytes that breaks no character.
std::size_t beginning_of(std::string_view word) {
  if (word.size() <= kLongestWord) return word.size();
  std::size_t size = kLongestWord;
  while ((static_cast<unsigned char>(word[size]) & 0xc0U) == 0x80) --size;
  return size;
}

}  // namespace

WordCounter::WordCounter(const Splitter& splitter, Config config)
    : splitter_(splitter),
      config_(std::move(config)),
      pool_({.num_threads = config_.num_threads, .name = "words"}) {}

void WordCounter::count(const std::function<bool(std::string&)>& next,
                        const std::function<void()>& progress) {
  std::vector<Shards> counts(static_cast<std::size_t>(pool_.num_threads()));
  Block current;
  Block following;
  bool more = read(next, current);
  while (more) {
    std::atomic<std::size_t> part = 0;
    std::vector<std::future<void>> workers;
    for (Shards& own : counts) {
      workers.push_back(pool_.submit([this, &own, &part, &current] {
        for (std::size_t i = part++; i < current.ends.size(); i = part++) {
          const std::size_t begin = i == 0 ? 0 : current.ends[i - 1];
          count_part(std::string_view(current.text).substr(begin, current.ends[i] - begin), own);
        }
      }));
    }
    // Whatever goes wrong, the workers must be done with the block before it goes.
    std::exception_ptr failed;
    try {
      more = read(next, following);
    } catch (...) {
      failed = std::current_exception();
    }
    for (auto& worker : workers) worker.wait();
    if (failed) std::rethrow_exception(failed);
    for (auto& worker : workers) worker.get();

    bytes_ += current.text.size();
    add_up(counts);
    if (size() > config_.max_words) forget_rare_words();
    if (progress) progress();
    std::swap(current, following);
  }
}

// How much of `text` is counted at once: kPart bytes or less, or more where it can't be cut.
std::size_t WordCounter::part_size(std::string_view text) const {
  for (std::size_t size = kPart; size < text.size(); size += kPart) {
    const std::size_t cut = last_cut(text.substr(0, size), config_.pattern);
    if (cut > 0) return cut;
  }
  return text.size();
}

bool WordCounter::read(const std::function<bool(std::string&)>& next, Block& block) {
  block.text.clear();
  block.ends.clear();
  while (block.text.size() < config_.block_bytes) {
    if (!next(unread_)) break;
    std::size_t end = block.text.size();
    block.text += unread_;
    while (end < block.text.size()) {
      end += part_size(std::string_view(block.text).substr(end));
      block.ends.push_back(end);
    }
  }
  return !block.text.empty();
}

void WordCounter::count_part(std::string_view text, Shards& counts) const {
  std::string valid;
  if (!is_valid_utf8(text)) {
    valid = replace_invalid_utf8(text);
    text = valid;
  }
  while (!text.empty()) {
    std::size_t first = std::string_view::npos;
    std::size_t size = 0;
    for (const std::string& each : config_.left_out) {
      const std::size_t at = text.substr(0, first).find(each);
      if (at < first) {
        first = at;
        size = each.size();
      }
    }
    count_words(text.substr(0, first), counts);
    text.remove_prefix(
        std::min(text.size(), first == std::string_view::npos ? first : first + size));
  }
}

void WordCounter::count_words(std::string_view text, Shards& counts) const {
  std::array<std::size_t, 512> ends;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t found = splitter_.split(text, begin, ends);
    for (std::size_t i = 0; i < found; ++i) {
      std::string_view word = text.substr(begin, ends[i] - begin);
      begin = ends[i];
      while (!word.empty()) {
        const std::string_view part = word.substr(0, beginning_of(word));
        const std::uint64_t hash = hash_bytes(part.data(), part.size());
        counts[hash >> 59U].add(part, hash, 1);
        word.remove_prefix(part.size());
      }
    }
  }
}

void WordCounter::add_up(std::vector<Shards>& counts) {
  pool_.parallel_for(0, kNumShards, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto shard = static_cast<std::size_t>(begin); shard < static_cast<std::size_t>(end);
         ++shard) {
      for (Shards& own : counts) {
        own[shard].for_each([&](const WordCounts::Entry& entry) {
          counts_[shard].add(entry.word(), entry.hash, entry.count);
        });
        own[shard].clear();
      }
    }
  });
}

void WordCounter::forget_rare_words() {
  std::map<std::int64_t, std::int64_t> words_of_count;
  for (const WordCounts& shard : counts_) {
    shard.for_each([&](const WordCounts::Entry& entry) { ++words_of_count[entry.count]; });
  }
  const std::int64_t before = size();
  std::int64_t left = before;
  std::int64_t rarest = 0;
  for (const auto& [count, words] : words_of_count) {
    if (left <= config_.max_words / 2) break;
    rarest = count;
    left -= words;
  }
  for (WordCounts& shard : counts_) shard.forget(rarest);
  forgotten_ += before - left;
}

std::int64_t WordCounter::size() const {
  std::size_t size = 0;
  for (const WordCounts& shard : counts_) size += shard.size();
  return static_cast<std::int64_t>(size);
}

std::vector<CountedWord> WordCounter::words() const {
  std::vector<CountedWord> words;
  words.reserve(static_cast<std::size_t>(size()));
  for (const WordCounts& shard : counts_) {
    shard.for_each([&](const WordCounts::Entry& entry) {
      words.push_back({entry.word(), entry.count});
    });
  }
  std::ranges::sort(words, [](const CountedWord& a, const CountedWord& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return words;
}

}  // namespace roux
