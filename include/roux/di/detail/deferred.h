#pragma once

#include <memory>

namespace roux::di::detail {

struct Node;

// What a Lazy and a Factory hold: which thing they speak for. Copies share it.
class Deferred {
 public:
  explicit Deferred(Node& node);

  // The container's; of a transient, the one that this Deferred and its copies share.
  void* one() const;

  // A new one. Requires: a transient.
  std::shared_ptr<void> make() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace roux::di::detail
