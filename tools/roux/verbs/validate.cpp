#include <algorithm>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../launch.h"
#include "../lookup.h"
#include "../verb.h"
#include "roux/base/error.h"

namespace roux::driver {
namespace {

// What the recipe's program is asked: each value is bound to its option by '=', so that none can be
// taken for something else there.
class Question {
 public:
  void add_words(const Words& words) {
    for (std::size_t i = 0; i < words.size(); ++i) i += add(words, i);
    end_values();
  }

  bool has_file() const { return has_file_; }
  std::vector<std::string> take() { return std::move(asked_); }

 private:
  // Says how many words it took after the one at `i`.
  std::size_t add(const Words& words, std::size_t i) {
    const std::string& word = words[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool is_override = equals != std::string::npos || word.starts_with("del:");
    if (!word.starts_with('-')) {
      if (!after_.empty() && is_override) {
        asked_.push_back(cat(after_, "=", word));
        got_value_ = true;
      } else {
        end_values();
        asked_.push_back("--config-file=" + word);
        has_file_ = true;
      }
      return 0;
    }

    end_values();
    if (std::ranges::find(kOptions, name) == std::end(kOptions)) {
      refuse_option("validate", word, {std::begin(kOptions), std::end(kOptions)});
    }
    if (equals != std::string::npos) {
      asked_.push_back(word);
    } else if (name == "--preset") {
      if (i + 1 == words.size()) throw ConfigError("validate: --preset needs a value");
      asked_.push_back(cat(name, "=", words[i + 1]));
      return 1;
    } else {
      after_ = name;
      got_value_ = false;
    }
    return 0;
  }

  void end_values() {
    if (!after_.empty() && !got_value_)
      throw ConfigError(cat("validate: ", after_, " needs KEY=VALUE"));
    after_.clear();
  }

  static constexpr const char* kOptions[] = {"--config", "--override", "--preset"};

  std::vector<std::string> asked_ = {"--validate"};
  std::string after_;  // the option whose values follow
  bool got_value_ = false;
  bool has_file_ = false;
};

int validate(const Words& words) {
  if (words.empty())
    throw ConfigError("validate needs RECIPE and FILE (roux help validate says more)");
  const RecipeEntry recipe = find_recipe(words.front());
  Question question;
  question.add_words({words.begin() + 1, words.end()});
  if (!question.has_file()) throw ConfigError("validate needs FILE (roux help validate says more)");
  become(recipe.program, question.take());
}

}  // namespace

Verb validate_verb() {
  return {
      "validate", "RECIPE FILE... [--preset NAME] [--config KEY=VALUE ...]",
      "checks a config of yours and the wiring it asks for",
      "Prints every problem with its place and ends with 2, or says that there is none. Nothing\n"
      "is built. Files are laid over each other in their order, then the single keys.\n",
      validate};
}

}  // namespace roux::driver
