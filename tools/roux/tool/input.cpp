#include "tool/input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "roux/base/error.h"

namespace roux::tool {

Input::Input(const std::string& file)
    : name_(file == "-" ? "standard input" : file),
      descriptor_(file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail("open");
}

Input::~Input() {
  if (descriptor_ > STDIN_FILENO) close(descriptor_);
}

bool Input::read_on(std::string& text, std::size_t most) {
  const std::size_t size = text.size();
  text.resize(size + most);
  ssize_t count = 0;
  do {
    count = read(descriptor_, text.data() + size, most);
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail("read");
  text.resize(size + static_cast<std::size_t>(count));
  return count > 0;
}

bool Input::has_more_at_once() const {
  pollfd waiting = {.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) > 0;
}

void Input::fail(std::string_view what) const {
  const int code = errno;
  const std::string text = cat("cannot ", what, ' ', name_, ": ", std::strerror(code));
  // What was named is not what it should be; a disk that fails is no mistake of the user.
  if (code == ENOENT || code == EISDIR || code == EACCES || code == ENOTDIR) {
    throw ConfigError(text);
  }
  throw Error(text);
}

}  // namespace roux::tool
