// only structs and classes are injected, never a number, an enum, a string, a path or anything else
// of std: wrap it in a struct that says what it means
#include <memory>
#include <vector>

#include "roux/di/container.h"

struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([](std::shared_ptr<std::vector<int>>) { return Trainer(); });
}
