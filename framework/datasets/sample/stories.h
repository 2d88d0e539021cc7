#pragma once

#include <string>

#include "roux/base/random.h"

namespace roux::datasets {

// A story of a few people, places and things. Whoever takes a thing has it until it is given away
// or left somewhere; questions at the end ask who has what and who is where.
std::string story(RandomStream random);

}  // namespace roux::datasets
