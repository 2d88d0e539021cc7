#include "datasets/sample/sums.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "datasets/sample/words.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::datasets {
namespace {

constexpr int kDigits = 10;
constexpr std::size_t kHeldOut = 11;  // a fifth of the 55 pairs
constexpr int kMostLost = 3;          // of a number's ten partners

// What can be counted, one and several.
constexpr std::pair<std::string_view, std::string_view> kThings[] = {
    {"apple", "apples"},   {"shell", "shells"}, {"egg", "eggs"},        {"stone", "stones"},
    {"button", "buttons"}, {"nut", "nuts"},     {"cherry", "cherries"}, {"feather", "feathers"},
    {"coin", "coins"},     {"plum", "plums"}};

constexpr std::string_view kNames[] = {"Mia", "Ben", "Ada",  "Tom",  "Lily",
                                       "Sam", "Eva", "Hugo", "Nora", "Finn"};

std::string counted_things(int count, std::pair<std::string_view, std::string_view> thing) {
  return cat(count, ' ', count == 1 ? thing.first : thing.second);
}

std::string count_prompt(int a, int b) {
  return cat(a, " + ", b, ":");
}

std::string count_answer(int a, int b) {
  std::string answer;
  for (int number = a; number <= a + b; ++number) answer += cat(' ', number);
  return answer;
}

}  // namespace

// What is held out can be learned from the rest: each total keeps a pair (nobody can guess that
// there is an 18), and each number most of its partners.
SampleSums::SampleSums(const RandomStream& random) {
  std::vector<Sum> pairs;
  std::map<int, int> pairs_with_total;
  for (int a = 0; a < kDigits; ++a) {
    for (int b = a; b < kDigits; ++b) {
      pairs.push_back({a, b});
      ++pairs_with_total[a + b];
    }
  }
  RandomStream order = random.child("held out");
  shuffle(order, pairs);
  std::array<int, kDigits> lost_partners{};
  std::size_t num_held_out = 0;
  for (const auto& [a, b] : pairs) {
    int& of_a = lost_partners[static_cast<std::size_t>(a)];
    int& of_b = lost_partners[static_cast<std::size_t>(b)];
    if (pairs_with_total[a + b] == 1 || of_a == kMostLost || of_b == kMostLost) continue;
    if (num_held_out == kHeldOut) break;
    --pairs_with_total[a + b];
    ++of_a;
    if (a != b) ++of_b;
    is_held_out_[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] = true;
    is_held_out_[static_cast<std::size_t>(b)][static_cast<std::size_t>(a)] = true;
    ++num_held_out;
  }
  require(num_held_out == kHeldOut, "there are enough pairs to hold out");
  for (int a = 0; a < kDigits; ++a) {
    for (int b = 0; b < kDigits; ++b) {
      if (!is_held_out(a, b)) known_.push_back({a, b});
    }
  }
}

bool SampleSums::is_held_out(int a, int b) const {
  return is_held_out_[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)];
}

SampleSums::Sum SampleSums::any(RandomStream& random) const {
  return pick(random, known_);
}

std::vector<SampleQuestion> SampleSums::held_out() const {
  std::vector<SampleQuestion> questions;
  for (int a = 0; a < kDigits; ++a) {
    for (int b = 0; b < kDigits; ++b) {
      if (is_held_out(a, b)) questions.push_back({count_prompt(a, b), count_answer(a, b)});
    }
  }
  return questions;
}

std::string SampleSums::document(RandomStream random) const {
  const double way = random.uniform();
  if (way < 0.70) return counted(random);
  if (way < 0.78) return drill(random);
  if (way < 0.82) return table(random);
  if (way < 0.86) return turned(random);
  if (way < 0.90) return spoken(random);
  if (way < 0.95) return questions(random);
  return told(random);
}

// "3 + 4: 3 4 5 6 7", as a child counts on. It takes practice to stop in time, but what was
// learned with one pair holds for every other, while "3 + 4 = 7" can be known by heart.
std::string SampleSums::counted(RandomStream& random) const {
  std::vector<std::string> lines;
  for (int left = pick_between(random, 4, 8); left > 0; --left) {
    const auto [a, b] = any(random);
    lines.push_back(cat(count_prompt(a, b), count_answer(a, b)));
  }
  return join(lines, "\n");
}

// "3 + 4 = 7", line by line.
std::string SampleSums::drill(RandomStream& random) const {
  std::vector<std::string> lines;
  for (int left = pick_between(random, 6, 14); left > 0; --left) {
    const auto [a, b] = any(random);
    lines.push_back(cat(a, " + ", b, " = ", a + b));
  }
  return join(lines, "\n");
}

// All that is added to one number, in order.
std::string SampleSums::table(RandomStream& random) const {
  const int a = pick_between(random, 0, kDigits - 1);
  const bool first = chance(random, 0.5);
  std::vector<std::string> lines;
  for (int b = 0; b < kDigits; ++b) {
    if (is_held_out(a, b)) continue;
    lines.push_back(cat(first ? a : b, " + ", first ? b : a, " = ", a + b));
  }
  return join(lines, "\n");
}

// "3 + 4 = 4 + 3 = 7": the order does not matter.
std::string SampleSums::turned(RandomStream& random) const {
  std::vector<std::string> lines;
  for (int left = pick_between(random, 3, 6); left > 0; --left) {
    const auto [a, b] = any(random);
    lines.push_back(cat(a, " + ", b, " = ", a + b));
    lines.push_back(cat(b, " + ", a, " = ", a + b));
  }
  return join(lines, "\n");
}

std::string SampleSums::spoken(RandomStream& random) const {
  constexpr std::string_view kWays[] = {"{a} plus {b} is {c}.", "{a} and {b} make {c}.",
                                        "If you add {b} to {a}, you get {c}.",
                                        "The sum of {a} and {b} is {c}."};
  std::vector<std::string> sentences;
  for (int left = pick_between(random, 3, 6); left > 0; --left) {
    const auto [a, b] = any(random);
    sentences.push_back(
        fill(pick(random, kWays), {{"a", cat(a)}, {"b", cat(b)}, {"c", cat(a + b)}}));
  }
  return join(sentences, " ");
}

std::string SampleSums::questions(RandomStream& random) const {
  constexpr std::string_view kWays[] = {"What is {a} plus {b}?", "How much is {a} and {b}?",
                                        "What is the sum of {a} and {b}?"};
  std::vector<std::string> lines;
  for (int left = pick_between(random, 2, 4); left > 0; --left) {
    const auto [a, b] = any(random);
    lines.push_back(
        asked(fill(pick(random, kWays), {{"a", cat(a)}, {"b", cat(b)}}), cat(a + b, ".")));
  }
  return join(lines, "\n");
}

// Sums that somebody needs.
std::string SampleSums::told(RandomStream& random) const {
  std::vector<std::string> parts;
  for (int left = pick_between(random, 1, 3); left > 0;) {
    const auto [a, b] = any(random);
    if (a == 0 || b == 0) continue;  // nobody says "0 apples"
    --left;
    const auto& thing = pick(random, kThings);
    const auto names = choose(random, kNames, 2);
    const std::vector<Slot> slots = {{"who", std::string(names[0])},
                                     {"other", std::string(names[1])},
                                     {"a", cat(a)},
                                     {"a things", counted_things(a, thing)},
                                     {"b", cat(b)},
                                     {"c things", counted_things(a + b, thing)}};
    constexpr std::string_view kWays[] = {
        "{who} had {a things}. {other} gave {who} {b} more. Now {who} has {c things}.",
        "{who} has {a things} and {other} has {b}. Together they have {c things}.",
        "{who} put {a things} into a basket, and {other} put in {b} more. Now there are {c things} "
        "in the basket.",
        "In the morning {who} found {a things}, and in the evening {b} more. That makes {c "
        "things}.",
        "{who} bought {a things} on Monday and {b} on Tuesday. That makes {c things}."};
    parts.push_back(fill(pick(random, kWays), slots));
  }
  return join(parts, "\n");
}

}  // namespace roux::datasets
