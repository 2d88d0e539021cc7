#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../verb.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::driver {
namespace {

void print_overview() {
  std::cout << "usage: roux VERB ...\n"
               "       roux RECIPE OUTPUT_DIR [--preset NAME] [--config-file FILE ...] "
               "[--config KEY=VALUE ...]\n"
               "\n"
               "Verbs:\n";
  std::size_t width = 0;
  for (const Verb& verb : all_verbs()) width = std::max(width, verb.name.size());
  for (const Verb& verb : all_verbs()) {
    std::cout << "  " << verb.name << std::string(width - verb.name.size() + 3, ' ') << verb.summary
              << '\n';
  }
  std::cout
      << "\n"
         "A RECIPE is one that `roux ls` lists, or the path of a recipe's program. It runs as\n"
         "that program would: `roux RECIPE --help` says what it understands.\n";
}

void print_verb(const Verb& verb) {
  std::cout << "usage: roux " << verb.name << (verb.usage.empty() ? "" : " ") << verb.usage
            << "\n\n"
            << "roux " << verb.name << ' ' << verb.summary << ".\n";
  if (!verb.details.empty()) std::cout << '\n' << verb.details;
}

int help(const Words& words) {
  const Arguments arguments = parse_arguments(words, {.verb = "help", .operands = {"[VERB]"}});
  if (arguments.operands.empty()) {
    print_overview();
    return 0;
  }
  const std::string& name = arguments.operands[0];
  const Verb* verb = find_verb(name);
  if (!verb) {
    std::vector<std::string> names;
    for (const Verb& each : all_verbs()) names.emplace_back(each.name);
    throw ConfigError(cat("there is no verb \"", name, "\"", did_you_mean(name, names),
                          "; the verbs are ", join(names, ", ")));
  }
  print_verb(*verb);
  return 0;
}

}  // namespace

Verb help_verb() {
  return {"help", "[VERB]", "says what there is, or what a verb does", "", help};
}

}  // namespace roux::driver
