#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux::driver {

// What follows the verb on the command line.
using Words = std::vector<std::string>;

// One thing that `roux` does: `roux NAME …`.
struct Verb {
  std::string_view name;
  std::string_view usage;    // what follows the name: "RECIPE[/PRESET] FILE [--force]"
  std::string_view summary;  // one line, for the list of verbs
  std::string_view details;  // whole lines, for `roux help NAME`; may be empty

  // Returns the exit code. Throws ConfigError where the user must change something.
  int (*run)(const Words& words);
};

// All of them, in the order in which people need them. Each is defined in verbs/<name>.cpp.
std::span<const Verb> all_verbs();

// The verb of that name, or nullptr.
const Verb* find_verb(std::string_view name);

Verb ls_verb();
Verb cat_verb();
Verb cp_verb();
Verb validate_verb();
Verb new_verb();
Verb completion_verb();
Verb help_verb();

}  // namespace roux::driver
