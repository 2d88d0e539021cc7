#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/base/random.h"

namespace roux::datasets {

// What the writers of the sample corpus share: choosing, and English.

// One of `list`, each as likely.
template <typename List>
const auto& pick(RandomStream& random, const List& list) {
  return std::data(list)[random.uniform_int(std::size(list))];
}

template <typename T>
T pick(RandomStream& random, std::initializer_list<T> list) {
  return std::data(list)[random.uniform_int(list.size())];
}

// A number from `least` to `most`, both included.
int pick_between(RandomStream& random, int least, int most);

// True in `share` of all cases.
bool chance(RandomStream& random, double share);

template <typename T>
void shuffle(RandomStream& random, std::vector<T>& list) {
  for (std::size_t i = list.size(); i > 1; --i) {
    std::swap(list[i - 1], list[random.uniform_int(i)]);
  }
}

// `count` different entries of `list`, in random order. Requires: the list has as many.
template <typename List>
auto choose(RandomStream& random, const List& list, std::size_t count) {
  std::vector chosen(std::begin(list), std::end(list));
  shuffle(random, chosen);
  chosen.resize(count);
  return chosen;
}

// "an otter", "a fox".
std::string with_article(std::string_view noun);

// The first letter in upper case.
std::string capitalised(std::string text);

// What stands for "{name}" in a pattern.
struct Slot {
  std::string_view name;
  std::string value;
};

// fill("{Who} rules {town}.", {{"who", "the queen"}, {"town", "Tarn"}}) == "The queen rules Tarn.":
// a name with a capital gets its value with one. Requires: every name has a slot.
std::string fill(std::string_view pattern, const std::vector<Slot>& slots);

// "Question: …\nAnswer: …": how every document asks, so that a question is known for one.
std::string asked(std::string_view question, std::string_view answer);

}  // namespace roux::datasets
