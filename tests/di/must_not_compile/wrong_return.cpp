// a provider of T must return std::unique_ptr<U>, std::shared_ptr<U>, U or U&, where U is T or
// derives from it, and is const only if T is
#include <memory>

#include "roux/di/container.h"

struct Clock {};
struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([] { return std::make_unique<Clock>(); });
}
