#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roux::datasets {

enum class SampleKind { Story, Sums, World };

// "story", "sums", "world".
std::string_view name_of(SampleKind kind);

struct SampleDocument {
  SampleKind kind = SampleKind::Story;
  std::string text;
};

// What a model is to go on with, word by word: "3 + 4:" and " 3 4 5 6 7".
struct SampleQuestion {
  std::string prompt;
  std::string answer;  // up to the end of its line
};

// A corpus that a tiny model learns from within minutes, made from a seed: stories whose people and
// things stay the same, sums of one-digit numbers, and the facts of a made-up world.
//
// What shows that a model has understood, and not merely kept what it read, is held out: the sums
// of a fifth of the pairs, in either order and in any words; and, for a quarter of the facts, one
// of the ways in which they are asked for.
//
// Immutable once made; every member may be called from any thread.
class SampleCorpus {
 public:
  explicit SampleCorpus(std::uint64_t seed);
  ~SampleCorpus();

  // Depends on the seed and on `index` alone; there is no last one.
  SampleDocument document(std::uint64_t index) const;

  const std::vector<SampleQuestion>& held_out_sums() const;
  const std::vector<SampleQuestion>& held_out_facts() const;

 private:
  class Writers;
  std::unique_ptr<const Writers> writers_;
};

}  // namespace roux::datasets
