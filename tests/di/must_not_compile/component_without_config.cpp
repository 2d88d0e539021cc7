// a component's first parameter is its own config: const Config&
#include "roux/di/container.h"

struct Clock {};
struct Optimizer {};

void registering(roux::di::Container& container) {
  container.component<Optimizer>("adamw", [](Clock&) { return Optimizer(); });
}
