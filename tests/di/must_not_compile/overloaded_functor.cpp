// a provider must be a lambda, a function or a functor with one operator(): of several, write a
// lambda that calls the one you mean
#include "roux/di/container.h"

struct Clock {};
struct Trainer {};
struct MakesTrainers {
  Trainer operator()() const;
  Trainer operator()(Clock& clock) const;
};

void registering(roux::di::Container& container) {
  container.provide<Trainer>(MakesTrainers());
}
