#pragma once

#include <string>

#include "roux/model/card_store.h"

namespace roux::tool {

// Prints what new models can be made of: every architecture of the library with its size, or those
// of one family. Throws ConfigError for a family that there is none of.
void print_architectures(const std::string& family, bool as_json);

bool is_family(const std::string& name);

// As ModelHub has it, with the families of the library.
std::string problem_of(const ModelCardEntry& entry, const CardStore& cards);

}  // namespace roux::tool
