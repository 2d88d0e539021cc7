#include "support/pseudo_terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace roux {

PseudoTerminal::PseudoTerminal(unsigned short columns, const char* term) {
  int slave = -1;
  struct winsize size {
    .ws_row = 24, .ws_col = columns
  };
  if (openpty(&screen_, &slave, nullptr, nullptr, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "openpty");
  }
  struct termios settings {};
  tcgetattr(slave, &settings);
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);  // "\n" stays "\n"
  tcsetattr(slave, TCSANOW, &settings);
  fcntl(screen_, F_SETFL, O_NONBLOCK);
  former_stderr_ = dup(STDERR_FILENO);
  dup2(slave, STDERR_FILENO);
  close(slave);
  if (const char* former = std::getenv("TERM")) former_term_ = former;
  setenv("TERM", term, 1);
  unsetenv("NO_COLOR");
}

PseudoTerminal::~PseudoTerminal() {
  dup2(former_stderr_, STDERR_FILENO);
  close(former_stderr_);
  close(screen_);
  setenv("TERM", former_term_.c_str(), 1);
}

std::string PseudoTerminal::take() {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const auto size = read(screen_, piece.data(), piece.size());
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace roux
