#include "lines.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "roux/base/error.h"

namespace roux::tool {

Lines::Lines(const std::string& file)
    : name_(file == "-" ? "standard input" : file),
      descriptor_(file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail("open");
}

Lines::~Lines() {
  if (descriptor_ > STDIN_FILENO) close(descriptor_);
}

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
  if (is_at_end_ || unread_.find('\n') != std::string::npos) return true;
  pollfd waiting = {.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) > 0;
}

std::string Lines::place() const {
  return cat(name_, ':', number_);
}

bool Lines::read_on() {
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  const std::size_t size = unread_.size();
  unread_.resize(size + kPiece);
  ssize_t count = 0;
  do {
    count = read(descriptor_, unread_.data() + size, kPiece);
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail("read");
  unread_.resize(size + static_cast<std::size_t>(count));
  is_at_end_ = count == 0;
  return count > 0;
}

void Lines::fail(std::string_view what) const {
  const int code = errno;
  const std::string text = cat("cannot ", what, ' ', name_, ": ", std::strerror(code));
  // What was named is not what it should be; a disk that fails is no mistake of the user.
  if (code == ENOENT || code == EISDIR || code == EACCES) throw ConfigError(text);
  throw Error(text);
}

}  // namespace roux::tool
