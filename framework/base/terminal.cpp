#include "roux/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace roux {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool goes_on(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // UTF-8: not a character's first byte
}

// The length of the escape sequence that `text` begins with, or 0.
std::size_t escape_size(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const auto end = text.find_first_not_of("0123456789;", 2);
  return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1 && variable("TERM") != "dumb";
}

bool wants_color(int descriptor) {
  return is_terminal(descriptor) && variable("NO_COLOR").empty();
}

TerminalSize terminal_size(int descriptor) {
  TerminalSize size;
  struct winsize window {};
  if (ioctl(descriptor, TIOCGWINSZ, &window) == 0) {
    if (window.ws_col > 0) size.columns = window.ws_col;
    if (window.ws_row > 0) size.lines = window.ws_row;
  }
  return size;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    if (const std::size_t escape = escape_size(text)) {
      text.remove_prefix(escape);
      continue;
    }
    if (!goes_on(text.front())) ++columns;
    text.remove_prefix(1);
  }
  return columns;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  std::string cut;
  bool colored = false;
  std::size_t used = 0;
  while (!text.empty()) {
    if (const std::size_t escape = escape_size(text)) {
      cut += text.substr(0, escape);
      colored = text.substr(0, escape) != "\x1b[0m";
      text.remove_prefix(escape);
      continue;
    }
    if (!goes_on(text.front()) && ++used > columns) break;
    cut += text.front();
    text.remove_prefix(1);
  }
  if (colored) cut += "\x1b[0m";
  return cut;
}

}  // namespace roux
