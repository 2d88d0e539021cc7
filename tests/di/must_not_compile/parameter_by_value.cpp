// a dependency can't be taken by value: ask for it as T&, const T&, T* (optional) or
// std::shared_ptr<T>
#include "roux/di/container.h"

struct Clock {};
struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([](Clock) { return Trainer(); });
}
