#pragma once

#include <string>
#include <vector>

#include "roux/model/card_store.h"

namespace roux::tool {

// Prints what new models can be made of: every architecture of the library with its size, or those
// of one family. Throws ConfigError for a family that there is none of.
void print_architectures(const std::string& family, bool as_json);

// Their names, which live as long as the program.
const std::vector<std::string>& family_names();

// As ModelHub has it, with the families of the library.
std::string problem_of(const ModelCardEntry& entry, const CardStore& cards);

}  // namespace roux::tool
