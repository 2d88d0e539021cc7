#pragma once

#include "roux/config/problems.h"
#include "roux/config/value.h"

namespace roux::config {

// Replaces the references in every string below `root`, wherever it stands:
//
//   ${env:NAME}, ${env:NAME:default}   an environment variable
//   ${dir}                             the folder of the file that the string stands in
//   ${regime.num_steps}                another key's value
//   $${                                a plain `${`
//
// A string that is one reference and no more takes over the value with its type; text of the
// environment is typed by the field that takes it. What can't be replaced goes to `problems`.
void expand_references(Value& root, Problems& problems);

}  // namespace roux::config
