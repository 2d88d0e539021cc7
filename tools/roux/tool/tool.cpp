#include "tool/tool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/version.h"
#include "roux/base/visible.h"
#include "tool/help.h"

namespace roux::tool {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongInput = 2;

using Words = std::vector<std::string>;

// A standard stream that was closed by whoever started us would become the first file that is
// opened, and be written into. What stands in for it fails when it is used.
void occupy_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

bool is_help(const std::string& word) {
  return word == "--help" || word == "-h";
}

bool asks_for_help(const Command& command, const Words& words) {
  // Of a program that is an operand, --help may ask it.
  if (command.operand_ends_options) return !words.empty() && is_help(words.front());
  return std::any_of(words.begin(), std::ranges::find(words, "--"), is_help);
}

int run_command(const Tool& tool, const Command& command, const Words& words) {
  if (asks_for_help(command, words)) {
    std::cout << command_help(tool, command);
    return 0;
  }
  return command.run(parse_arguments(called(tool, command), command, words));
}

[[noreturn]] void refuse(const Tool& tool, const std::string& word) {
  Words names;
  for (const Command& command : tool.commands) names.emplace_back(command.name);
  throw ConfigError(cat(tool.name, " has no command \"", word, "\"", did_you_mean(word, names),
                        "; it has ", join(names, ", ")));
}

int run(const Tool& tool, const Words& words) {
  const std::string first = words.empty() ? "" : words.front();
  if (first == "--version") {
    std::cout << "roux " << version() << '\n';
    return 0;
  }
  if (first == "--manifest" && words.size() == 2) {  // asked by the build, with the verb's name
    require(words[1] == tool.name, "a tool must be called as roux_add_tool calls it");
    std::cout << manifest(tool);
    return 0;
  }
  if (tool.commands.size() == 1 && tool.commands[0].name.empty()) {
    return run_command(tool, tool.commands[0], words);
  }

  if (words.empty() || first == "--help" || first == "-h") {
    std::cout << tool_help(tool);
    return 0;
  }
  const auto command = std::ranges::find(tool.commands, first, &Command::name);
  if (command == tool.commands.end()) refuse(tool, first);
  return run_command(tool, *command, Words(words.begin() + 1, words.end()));
}

// LibTorch's errors carry a stack trace below the message.
std::string without_stack_trace(std::string_view what) {
  return std::string(trim(what.substr(0, what.find("\nException raised from "))));
}

}  // namespace

int tool_main(const Tool& tool, int argc, char** argv) try {
  occupy_standard_streams();
  const int code = run(tool, {argv + (argc > 0 ? 1 : 0), argv + argc});
  std::cout.flush();
  if (!std::cout) throw Error("cannot write to the standard output");
  return code;
} catch (const ConfigError& error) {
  std::cerr << "roux: " << visible(error.what()) << '\n';
  return kWrongInput;
} catch (const std::bad_alloc&) {
  std::cerr << "roux: out of memory\n";
  return kFailed;
} catch (const std::filesystem::filesystem_error& error) {
  std::cerr << "roux: cannot read " << visible(error.path1().string()) << ": "
            << error.code().message() << '\n';
  return kFailed;
} catch (const std::exception& error) {
  std::cerr << "roux: " << visible(without_stack_trace(error.what())) << '\n';
  return kFailed;
}

}  // namespace roux::tool
