#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "datasets/sample/words.h"
#include "roux/base/random.h"
#include "roux/datasets/sample_corpus.h"

namespace roux::datasets {

// A small made-up land: towns on a round road, each with its river, its ruler, what it makes, the
// animal on its flag and the colour of its walls.
//
// A quarter of the facts is never asked for in one of the ways that there are: whoever answers then
// knows the fact and not merely the line.
//
// Immutable once made.
class SampleWorld {
 public:
  explicit SampleWorld(const RandomStream& random);

  std::string document(RandomStream random) const;

  // The questions that no document asks.
  std::vector<SampleQuestion> held_out() const;

  static constexpr std::size_t kTowns = 16;
  static constexpr std::size_t kRelations = 6;

 private:
  std::vector<Slot> slots(std::size_t town, std::size_t relation) const;
  std::string tell(RandomStream& random, std::size_t town, std::size_t relation) const;
  std::string portrait(RandomStream& random) const;
  std::string journey(RandomStream& random) const;
  std::string survey(RandomStream& random) const;
  std::string quiz(RandomStream& random) const;

  // Along the road, the last leading to the first.
  std::array<std::string, kTowns> names_;
  // By town, then by relation: what is true of it, as it stands in a sentence.
  std::array<std::array<std::string, kRelations>, kTowns> values_;
  // The question, of those of its relation, that is not asked of a town; -1 if all are.
  std::array<std::array<int, kRelations>, kTowns> held_out_{};
};

}  // namespace roux::datasets
