// take Keyed, Lazy, Factory, All and std::shared_ptr by value
#include "roux/di/container.h"

struct Clock {};
struct Trainer {};

void registering(roux::di::Container& container) {
  container.provide<Trainer>([](roux::di::Lazy<Clock>&) { return Trainer(); });
}
