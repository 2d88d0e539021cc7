#pragma once

#include <string_view>
#include <vector>

#include "tool/arguments.h"

namespace roux::tool {

// "--vocab-size N": what a command line may say besides its operands.
struct Option {
  std::string_view name;         // "--vocab-size"
  std::string_view value = {};   // what the help calls its value: "N"; without one it is a flag.
                                 // Completion offers files, for MODEL also model cards
  std::string_view help;         // "how many tokens there shall be"
  std::string_view letter = {};  // "-m": another spelling
  std::vector<std::string_view> choices = {};  // the values there are; none: any.
                                               // Of a flag: what the operand is with it
  bool required = false;
  bool repeatable = false;  // each is kept; others may be given once
};

// One thing that a tool does.
struct Command {
  std::string_view name = {};     // "train"; "" for a tool that does one thing
  std::string_view summary = {};  // goes on from the name: "learns a vocabulary from text"
  std::vector<std::string_view> operands = {};  // in order: "MODEL", "[FILE]", "FILE..." at the
                                                // end; as an option's values, and CARD: only cards
  std::vector<Option> options = {};
  std::string_view details = {};  // whole lines, below the options in the help

  // Options come before the first operand: what follows it belongs to it, "--help" as well.
  bool operand_ends_options = false;

  // Returns the exit code. Throws ConfigError where the user must change something.
  int (*run)(const Arguments&) = nullptr;
};

// A verb of `roux` with a program of its own: roux-NAME, which the driver becomes. All that `roux
// help`, completion and misspellings need of it is said here, and laid beside the program when it
// is built (roux_add_tool).
struct Tool {
  std::string_view name;          // "tokenizer"
  std::string_view summary;       // one line, for the list of verbs: "turns text into tokens"
  std::string_view details = {};  // of a tool with several commands
  std::vector<Command> commands;
};

// The main() of a tool. Help is printed, a wrong command line refused; errors go to stderr as
// `roux: …`. Exit codes: those of the command; 2 for ConfigError, 1 for whatever else is thrown,
// also if the standard output could not be written.
int tool_main(const Tool& tool, int argc, char** argv);

}  // namespace roux::tool
