// The driver: `roux VERB …`, which may be a program of its own, or `roux RECIPE …` to run a recipe
// as its own program would. It links neither libroux.so nor LibTorch, so that it answers within
// milliseconds.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "arguments.h"
#include "launch.h"
#include "lookup.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/version.h"
#include "tools.h"
#include "verb.h"
#include "words.h"

namespace roux::driver {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongInput = 2;

[[noreturn]] void refuse(const std::string& word, const RecipeIndex& index) {
  if (word.starts_with('-')) {
    refuse_option("roux", word, {"--help", "--version"});
  }
  std::vector<std::string> names;
  for (const NextWord& verb : next_words({})) names.push_back(verb.word);
  for (const RecipeEntry& recipe : index.recipes) names.push_back(recipe.name);
  throw ConfigError(cat("there is no verb or recipe \"", word, "\"", did_you_mean(word, names),
                        "\nroux help lists the verbs, roux ls the recipes"));
}

int run(const Words& words) {
  if (words.empty()) return help_verb().run({});
  const std::string& first = words.front();
  const Words rest(words.begin() + 1, words.end());
  if (first == "--help" || first == "-h") return help_verb().run(rest);
  if (first == "--version") {
    std::cout << "roux " << version() << '\n';
    return 0;
  }
  if (const Verb* verb = find_verb(first)) {
    const bool asks_for_help = !rest.empty() && (rest.front() == "--help" || rest.front() == "-h");
    return asks_for_help ? help_verb().run({first}) : verb->run(rest);
  }
  if (const auto tool = find_tool_program(first)) {
    const bool asks_for_help = rest.size() == 1 && (rest[0] == "--help" || rest[0] == "-h");
    if (asks_for_help) return help_verb().run({first});
    become(*tool, rest);
  }

  const RecipeIndex index = find_recipes();
  const auto recipe = look_up_recipe(first, index);
  if (!recipe) {
    refuse_preset(first, index);
    refuse(first, index);
  }
  become(recipe->program, rest);
}

}  // namespace
}  // namespace roux::driver

int main(int argc, char** argv) try {
  const int code = roux::driver::run({argv + (argc > 0 ? 1 : 0), argv + argc});
  std::cout.flush();
  if (!std::cout) throw roux::Error("cannot write to the standard output");
  return code;
} catch (const roux::ConfigError& error) {
  std::cerr << "roux: " << error.what() << '\n';
  return roux::driver::kWrongInput;
} catch (const std::exception& error) {
  std::cerr << "roux: " << error.what() << '\n';
  return roux::driver::kFailed;
}
