#pragma once

#include <string>
#include <vector>

#include "roux/base/error.h"

namespace roux::di {

// The program is put together wrongly: something is missing, registered twice, in a cycle.
// what() lists every problem, each with the place where it was registered.
class WiringError : public Error {
 public:
  explicit WiringError(std::vector<std::string> problems);

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

}  // namespace roux::di
