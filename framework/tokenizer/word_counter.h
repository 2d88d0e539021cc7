#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/thread_pool.h"
#include "roux/tokenizer/splitter.h"
#include "tokenizer/word_counts.h"

namespace roux {

struct CountedWord {
  std::string_view word;
  std::int64_t count;
};

// Counts the words of texts in several threads; what comes out does not depend on how many.
//
// Texts come in blocks of a fixed size. A block's words are counted by each thread for itself, then
// added up, and only then, if there are too many, the rarest are forgotten: what is forgotten
// depends on the texts and their order alone.
class WordCounter {
 public:
  struct Config {
    std::string pattern = {};  // the splitter's, which says where texts may be cut (last_cut)
    std::vector<std::string> left_out = {};  // texts that are no part of any word
    std::int64_t max_words = 0;
    int num_threads = 0;
    std::size_t block_bytes = std::size_t{32} << 20U;
  };

  // `splitter` must live as long as this.
  WordCounter(const Splitter& splitter, Config config);

  // Counts everything that `next` gives; `progress` is called after each block.
  void count(const std::function<bool(std::string&)>& next, const std::function<void()>& progress);

  std::uint64_t bytes() const { return bytes_; }
  std::int64_t size() const;
  std::int64_t forgotten() const { return forgotten_; }

  // The commonest first, those that are as common in the order of their bytes. Views into this.
  std::vector<CountedWord> words() const;

 private:
  static constexpr std::size_t kNumShards = 32;
  using Shards = std::array<WordCounts, kNumShards>;  // by the first bits of a word's hash

  struct Block {
    std::string text;
    std::vector<std::size_t> ends;  // of its parts, which are counted one by one
  };

  std::size_t part_size(std::string_view text) const;
  bool read(const std::function<bool(std::string&)>& next, Block& block);
  void count_part(std::string_view text, Shards& counts) const;
  void count_words(std::string_view text, Shards& counts) const;
  void add_up(std::vector<Shards>& counts);
  void forget_rare_words();

  const Splitter& splitter_;
  Config config_;
  ThreadPool pool_;
  Shards counts_;
  std::string unread_;  // a text that did not fit into the last block
  std::uint64_t bytes_ = 0;
  std::int64_t forgotten_ = 0;
};

}  // namespace roux
