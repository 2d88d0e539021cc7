// a decorator's first parameter is what it wraps: T& or std::shared_ptr<T>
#include "roux/di/container.h"

struct Clock {};
struct Timer {};

void registering(roux::di::Container& container) {
  container.decorate<Clock>([](Timer&) { return Clock(); });
}
