#include "verb.h"

#include <algorithm>
#include <array>

namespace roux::driver {

std::span<const Verb> all_verbs() {
  static const std::array verbs = {ls_verb(),  cat_verb(),        cp_verb(),  validate_verb(),
                                   new_verb(), completion_verb(), help_verb()};
  return verbs;
}

const Verb* find_verb(std::string_view name) {
  const auto verbs = all_verbs();
  const auto found = std::ranges::find(verbs, name, &Verb::name);
  return found == verbs.end() ? nullptr : &*found;
}

}  // namespace roux::driver
