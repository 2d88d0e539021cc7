// A tool with two commands, for the tests of what all tools share.
#include <iostream>

#include "roux/base/error.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

int say(const Arguments& arguments) {
  const auto times = arguments.number("--times", 1, 1, 9);
  std::cout << arguments.text("--colour", "black") << ' ' << times;
  for (const auto& note : arguments.all("--note")) std::cout << " [" << note << ']';
  for (const auto& word : arguments.operands) std::cout << ' ' << word;
  std::cout << (arguments.has("--loud") ? "!\n" : "\n");
  return 0;
}

int fail(const Arguments& arguments) {
  throw Error(cat("tried ", arguments.operands[0],
                  "\nException raised from somewhere (most recent call first):\n# frames"));
}

Tool sample() {
  return {.name = "sample",
          .summary = "says things and fails",
          .commands = {{.name = "say",
                        .summary = "prints what it is given",
                        .operands = {"[WORD ...]"},
                        .options = {{.name = "--colour",
                                     .value = "NAME",
                                     .help = "the colour to say it in",
                                     .choices = {"black", "blue"}},
                                    {.name = "--times", .value = "N", .help = "how often"},
                                    {.name = "--note",
                                     .value = "TEXT",
                                     .help = "what to add",
                                     .letter = "-n",
                                     .repeatable = true},
                                    {.name = "--loud", .help = "not quietly"}},
                        .details = "Words come as they are.\n",
                        .run = say},
                       {.name = "fail",
                        .summary = "fails",
                        .operands = {"PATH"},
                        .options = {{.name = "--why",
                                     .value = "TEXT",
                                     .help = "the reason",
                                     .letter = "-w",
                                     .required = true}},
                        .run = fail}}};
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::sample(), argc, argv);
}
