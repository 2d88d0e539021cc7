// a component's config has no describe(); include roux/config/component.h
#include "roux/di/container.h"

struct AdamWConfig {};
struct Optimizer {};

void registering(roux::di::Container& container) {
  container.component<Optimizer>("adamw", [](const AdamWConfig&) { return Optimizer(); });
}
