#pragma once

#include <string>

#include "di/node.h"

namespace roux::di::detail {

// Says, for as long as it lives, that this thread is building `node`. So a cycle that no one could
// see in the graph (through a Lazy or a Resolver) is found when it closes, and an error can tell
// for whom something was being built.
class BuildFrame {
 public:
  // Throws Error if this thread is building `node` already.
  explicit BuildFrame(const Node& node);
  ~BuildFrame();
  BuildFrame(const BuildFrame&) = delete;
  BuildFrame& operator=(const BuildFrame&) = delete;

  // Rethrows the exception in flight as the same one of our four kinds (another std::exception as
  // Error), with the original nested in it, and what was being built added to its text. Once: an
  // exception that has the chain already, and one that is no std::exception, go on as they are.
  [[noreturn]] void rethrow_with_chain() const;

 private:
  std::string cycle_up_to(const BuildFrame& first) const;

  const Node& node_;
  const BuildFrame* below_;
};

}  // namespace roux::di::detail
