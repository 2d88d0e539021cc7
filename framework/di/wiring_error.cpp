#include "roux/di/wiring_error.h"

#include <utility>

namespace roux::di {
namespace {

std::string text_of(const std::vector<std::string>& problems) {
  std::string text =
      cat(problems.size(), problems.size() == 1 ? " problem" : " problems", " in the wiring:");
  for (const std::string& problem : problems) text += cat("\n  ", problem);
  return text;
}

}  // namespace

WiringError::WiringError(std::vector<std::string> problems)
    : Error(text_of(problems)), problems_(std::move(problems)) {}

}  // namespace roux::di
