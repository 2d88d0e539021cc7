#include "datasets/sample/words.h"

#include <algorithm>
#include <cctype>

#include "roux/base/error.h"

namespace roux::datasets {

int pick_between(RandomStream& random, int least, int most) {
  return least + static_cast<int>(random.uniform_int(static_cast<std::uint64_t>(most - least + 1)));
}

bool chance(RandomStream& random, double share) {
  return random.uniform() < share;
}

std::string with_article(std::string_view noun) {
  require(!noun.empty(), "a noun has letters");
  // The word lists hold no "hour" and no "unicorn", so that letters tell the sound.
  const bool vowel = std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
  return cat(vowel ? "an " : "a ", noun);
}

std::string capitalised(std::string text) {
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string fill(std::string_view pattern, const std::vector<Slot>& slots) {
  std::string text;
  while (true) {
    const auto open = pattern.find('{');
    text += pattern.substr(0, open);
    if (open == std::string_view::npos) return text;
    const auto close = pattern.find('}', open);
    require(close != std::string_view::npos, cat("a slot is closed in: ", pattern));

    std::string name(pattern.substr(open + 1, close - open - 1));
    const bool capital = !name.empty() && std::isupper(static_cast<unsigned char>(name[0])) != 0;
    if (capital) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    const auto slot = std::ranges::find(slots, name, &Slot::name);
    require(slot != slots.end(), cat("there is something for {", name, "}"));
    text += capital ? capitalised(slot->value) : slot->value;
    pattern.remove_prefix(close + 1);
  }
}

std::string asked(std::string_view question, std::string_view answer) {
  return cat("Question: ", question, "\nAnswer: ", answer);
}

}  // namespace roux::datasets
