#include "lines.h"

#include <algorithm>
#include <utility>

#include "roux/base/error.h"

namespace roux::tool {

std::optional<std::string> Lines::next() {
  std::size_t searched = 0;
  std::size_t end = std::string::npos;
  while ((end = unread_.find('\n', searched)) == std::string::npos) {
    searched = unread_.size();
    if (!read_on()) break;
  }
  if (unread_.empty()) return std::nullopt;
  std::string line = unread_.substr(0, end);
  unread_.erase(0, std::min(line.size() + 1, unread_.size()));
  ++number_;
  return line;
}

std::string Lines::rest() {
  while (read_on()) continue;
  return std::exchange(unread_, {});
}

bool Lines::has_more_at_once() const {
  return is_at_end_ || unread_.find('\n') != std::string::npos || input_.has_more_at_once();
}

std::string Lines::place() const {
  return cat(name(), ':', number_);
}

bool Lines::read_on() {
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  is_at_end_ = !input_.read_on(unread_, kPiece);
  return !is_at_end_;
}

}  // namespace roux::tool
