#include <filesystem>
#include <iostream>
#include <string>

#include "../arguments.h"
#include "../recipes.h"
#include "../verb.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux::driver {
namespace {

int print(const Words& words) {
  const Arguments arguments =
      parse_arguments(words, {.verb = "completion", .operands = {"bash or zsh"}});
  const std::string& shell = arguments.operands[0];
  const auto share = own_prefix() / "share";
  if (shell == "bash") {
    std::cout << read_file(share / "bash-completion/completions/roux");
  } else if (shell == "zsh") {
    std::cout << read_file(share / "zsh/site-functions/_roux");
  } else {
    throw ConfigError(cat("completion must be for bash or zsh, but is for \"", shell, "\""));
  }
  return 0;
}

}  // namespace

Verb completion_verb() {
  return {
      "completion", "bash|zsh", "prints what makes TAB work in your shell",
      "For this shell, and in ~/.bashrc or ~/.zshrc for those to come:\n"
      "\n"
      "  eval \"$(roux completion bash)\"\n"
      "  eval \"$(roux completion zsh)\"\n"
      "\n"
      "It completes verbs, recipes, presets, options, model cards and the keys of a config, for\n"
      "roux and for the programs of the recipes.\n",
      print};
}

}  // namespace roux::driver
