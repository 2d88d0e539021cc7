// a provider can't be a generic lambda: its parameters are its dependencies, so write their types
#include "roux/di/container.h"

struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([](auto& clock) { return Trainer(clock); });
}
