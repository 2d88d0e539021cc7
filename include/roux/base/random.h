#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace roux {

// Random numbers that depend on a seed, on names and on an index, and on nothing else: the same on
// every machine, compiler, rank and thread, in any order, with no state to save.
//
// Philox4x32-10 (Salmon et al., SC'11): four random words for each key and counter. Kernels on the
// GPU compute it too, by RandomStream::key().
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 2> key,
                                    std::array<std::uint32_t, 4> counter);

// FNV-1a over the bytes, then SplitMix64's finaliser.
std::uint64_t hash_name(std::string_view name);

// A stream of random numbers with a name, such as "dropout" or "shuffle".
//
//   RandomStream shuffle = RandomStream(config.seed, "data").child("shuffle").child(epoch);
//
// It can be read at any index, or from its start on as a generator for std::… distributions (whose
// results differ between standard libraries: prefer the members here). A value: copies go on
// independently from where they were made. One thread at a time for what moves the position; the
// const members from any.
class RandomStream {
 public:
  using result_type = std::uint64_t;

  RandomStream(std::uint64_t seed, std::string_view name);

  // A stream of its own, whatever this one's position: child("3") and child(3) differ.
  RandomStream child(std::string_view name) const;
  RandomStream child(std::uint64_t index) const;

  // The number at `index`: half index % 2 of philox(key, {index / 2, 0}), low words first.
  std::uint64_t bits(std::uint64_t index) const;
  // In [0, 1): the upper 53 bits of bits(index).
  double uniform(std::uint64_t index) const;
  // Of mean 0 and deviation 1, at most 8.3 from 0: the inverse distribution at bits(index).
  double normal(std::uint64_t index) const;

  // The next of bits(0), bits(1), …; uniform() and normal() take one each as well.
  std::uint64_t operator()();
  double uniform() { return uniform(position_++); }
  double normal() { return normal(position_++); }
  // In [0, bound), each as likely; takes one or more. Requires: bound >= 1.
  std::uint64_t uniform_int(std::uint64_t bound);

  // Where the next number is taken from: all there is to save.
  std::uint64_t position() const { return position_; }
  void seek(std::uint64_t position) { position_ = position; }

  // What distinguishes the stream from all others of the same seed, and of other seeds.
  std::uint64_t key() const { return key_; }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

 private:
  explicit RandomStream(std::uint64_t key) : key_(key) {}

  std::uint64_t key_;
  std::uint64_t position_ = 0;
};

}  // namespace roux
