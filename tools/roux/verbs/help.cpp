#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../tools.h"
#include "../verb.h"
#include "../words.h"
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
  const auto verbs = next_words({});
  std::size_t width = 0;
  for (const NextWord& verb : verbs) width = std::max(width, verb.word.size());
  for (const NextWord& verb : verbs) {
    std::cout << "  " << verb.word << std::string(width - verb.word.size() + 3, ' ') << verb.summary
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

// Help on a tool is in its manifest: its program may need a moment to start.
void print_tool(const Tool& tool, const Arguments& arguments) {
  if (arguments.operands.size() < 2) {
    std::cout << tool.help;
    return;
  }
  const std::string& name = arguments.operands[1];
  const ToolCommand* command = name.empty() ? nullptr : tool.find(name);
  if (!command) {
    std::vector<std::string> names;
    for (const ToolCommand& each : tool.commands) names.push_back(each.name);
    throw ConfigError(cat(tool.name, " has no command \"", name, "\"", did_you_mean(name, names)));
  }
  std::cout << command->help;
}

void print_next_words(const Words& words) {
  for (const NextWord& next : next_words(words)) {
    std::cout << next.word << '\t' << next.summary << '\n';
  }
}

int help(const Words& words) {
  if (!words.empty() && words[0] == "--words") {
    print_next_words({words.begin() + 1, words.end()});
    return 0;
  }
  const Arguments arguments =
      parse_arguments(words, {.verb = "help", .operands = {"[VERB]", "[COMMAND]"}});
  if (arguments.operands.empty()) {
    print_overview();
    return 0;
  }
  const std::string& name = arguments.operands[0];
  if (const Verb* verb = find_verb(name)) {
    if (arguments.operands.size() > 1) {
      throw ConfigError(
          cat(name, " has no commands, but is asked for \"", arguments.operands[1], "\""));
    }
    print_verb(*verb);
    return 0;
  }
  if (const auto tool = find_tool(name)) {
    print_tool(*tool, arguments);
    return 0;
  }
  std::vector<std::string> names;
  for (const NextWord& each : next_words({})) names.push_back(each.word);
  throw ConfigError(cat("there is no verb \"", name, "\"", did_you_mean(name, names),
                        "; the verbs are ", join(names, ", ")));
}

}  // namespace

Verb help_verb() {
  return {
      "help", "[VERB [COMMAND]]", "says what there is, or what a verb does",
      "roux help --words WORD... prints what may follow these words, one a line, with a tab and a\n"
      "summary: what completion asks for. <file> stands for any file, <card> for a model card.\n",
      help};
}

}  // namespace roux::driver
