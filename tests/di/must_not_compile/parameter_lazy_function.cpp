// only structs and classes are injected, never a number, an enum, a string, a path or anything else
// of std: wrap it in a struct that says what it means
#include <functional>

#include "roux/di/container.h"

struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([](roux::di::Lazy<std::function<void()>>) { return Trainer(); });
}
