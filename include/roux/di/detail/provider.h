#pragma once

#include <memory>
#include <vector>

#include "roux/di/dependency.h"

namespace roux::di::detail {

class Arguments;

// An object of the type it is provided as, whatever that is. Borrowed ones have no owner
// (use_count() is 0). Constness is kept apart, in Provider::is_const.
using Instance = std::shared_ptr<void>;

// The user's function, its types forgotten.
class Builder {
 public:
  virtual ~Builder() = default;
  virtual Instance build(Arguments& arguments) = 0;
};

// How to make one thing, and all that is known about it without making it.
struct Provider {
  std::vector<Dependency> dependencies;
  std::unique_ptr<Builder> builder;
  bool is_const = false;  // may be injected as a const view only
  bool owned = true;      // false: given to the container by someone who keeps it
  bool transient = false;
};

// Hands out `object`, which its giver keeps as well.
Provider give(Instance object, bool is_const);

}  // namespace roux::di::detail
