#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace roux {

// Words and how often they came. The text of a word is kept here.
class WordCounts {
 public:
  struct Entry {
    const char* data;  // nullptr: an unused slot
    std::uint32_t size;
    std::uint32_t hash;
    std::int64_t count;

    std::string_view word() const { return {data, size}; }
  };

  void add(std::string_view word, std::uint64_t hash, std::int64_t count);

  std::size_t size() const { return size_; }

  template <typename F>
  void for_each(const F& work) const {
    for (const Entry& entry : slots_) {
      if (entry.data) work(entry);
    }
  }

  // Forgets every word that came at most `count` times, and gives back the memory.
  void forget(std::int64_t count);

  void clear();

 private:
  const char* keep(std::string_view word);
  void grow();

  std::vector<Entry> slots_;  // a power of two of them; the next free one where one is taken
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_at_ = nullptr;
};

}  // namespace roux
