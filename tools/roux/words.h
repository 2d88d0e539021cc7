#pragma once

#include <span>
#include <string>
#include <vector>

namespace roux::driver {

// A word that may come next on the command line, for completion.
struct NextWord {
  // "<file>" stands for the name of any file, "<card>" for a model card's, "<recipe>" for a
  // recipe's; "<after lm/train>" for what may follow that recipe.
  std::string word;
  std::string summary;
};

// What may follow `roux WORDS...`: a verb, then what the manifest of a tool says. Nothing for the
// verbs that are built in (the scripts of the shells know those).
std::vector<NextWord> next_words(std::span<const std::string> words);

}  // namespace roux::driver
