#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "roux/base/random.h"
#include "roux/datasets/sample_corpus.h"

namespace roux::datasets {

// Sums of two numbers from 0 to 9. A fifth of the pairs is held out: no document says in any words
// what they add up to, so whoever knows it has learned to add.
//
// Immutable once made.
class SampleSums {
 public:
  explicit SampleSums(const RandomStream& random);

  // Whatever the order of the two.
  bool is_held_out(int a, int b) const;

  // One page of sums, in one of several ways of writing them.
  std::string document(RandomStream random) const;

  // "3 + 4:" and " 3 4 5 6 7", of every pair that is held out and in both orders.
  std::vector<SampleQuestion> held_out() const;

 private:
  struct Sum {
    int a;
    int b;
  };

  Sum any(RandomStream& random) const;
  std::string counted(RandomStream& random) const;
  std::string drill(RandomStream& random) const;
  std::string table(RandomStream& random) const;
  std::string turned(RandomStream& random) const;
  std::string spoken(RandomStream& random) const;
  std::string questions(RandomStream& random) const;
  std::string told(RandomStream& random) const;

  std::array<std::array<bool, 10>, 10> is_held_out_{};
  std::vector<Sum> known_;  // in both orders
};

}  // namespace roux::datasets
