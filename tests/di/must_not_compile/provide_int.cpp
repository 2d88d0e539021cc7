// only structs and classes are provided, never a number, an enum, a string, a path or anything else
// of std: wrap it in a struct that says what it means
#include "roux/di/container.h"

void registering(roux::di::Container& container) {
  container.provide<int>([] { return 3; });
}
