#include "line_editor.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "roux/base/terminal.h"

namespace roux::lm {
namespace {

// The terminal hands over each key as it is pressed, while it lives.
class RawTerminal {
 public:
  RawTerminal() {
    tcgetattr(0, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(0, TCSADRAIN, &raw);
  }
  ~RawTerminal() { tcsetattr(0, TCSADRAIN, &before_); }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_ = {};
};

void show(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(1, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// A line, and the place in it where typing happens: between two characters.
struct Edited {
  std::string text;
  std::size_t at = 0;

  void left() {
    if (at > 0) --at;
    while (at > 0 && continues(text[at])) --at;
  }
  void right() {
    if (at < text.size()) ++at;
    while (at < text.size() && continues(text[at])) ++at;
  }
  void word_left() {
    while (at > 0 && text[at - 1] == ' ') --at;
    while (at > 0 && text[at - 1] != ' ') --at;
  }
  void erase_from(std::size_t begin) {
    text.erase(begin, at - begin);
    at = begin;
  }
  void set(const std::string& line) {
    text = line;
    at = text.size();
  }
};

// What is shown of the line: where it is wider than the terminal, the part around the cursor.
void redraw(std::string_view prompt, const Edited& line) {
  const std::size_t room = terminal_size(1).columns - 1;
  const std::size_t before = columns_of(prompt);
  std::string_view head = std::string_view(line.text).substr(0, line.at);
  while (before + columns_of(head) > room && !head.empty()) {
    head.remove_prefix(1);
    while (!head.empty() && continues(head.front())) head.remove_prefix(1);
  }
  const std::size_t used = before + columns_of(head);
  const std::string tail =
      cut_to_columns(std::string_view(line.text).substr(line.at), room > used ? room - used : 0);
  std::string shown = "\r" + std::string(prompt) + std::string(head) + tail + "\x1b[K\r";
  if (used > 0) shown += "\x1b[" + std::to_string(used) + "C";
  show(shown);
}

}  // namespace

LineEditor::End LineEditor::read(std::string_view prompt, std::string& line) {
  line.clear();
  if (!is_terminal(0) || !is_terminal(1)) return read_plain(line);
  const End end = edit(prompt, line);
  show("\n");
  if (end == End::Line && !line.empty() && (history_.empty() || history_.back() != line)) {
    history_.push_back(line);
  }
  return end;
}

LineEditor::End LineEditor::read_plain(std::string& line) {
  while (const auto byte = next_byte()) {
    if (*byte == '\n') return End::Line;
    line += *byte;
  }
  if (interrupted_) return End::Interrupted;
  return line.empty() ? End::Closed : End::Line;
}

LineEditor::End LineEditor::edit(std::string_view prompt, std::string& line) {
  const RawTerminal raw;
  Edited edited;
  std::size_t from_history = history_.size();
  std::string unfinished;
  const auto go_to = [&](std::size_t place) {
    if (from_history == history_.size()) unfinished = edited.text;
    from_history = place;
    edited.set(place == history_.size() ? unfinished : history_[place]);
  };
  const auto older = [&] {
    if (from_history > 0) go_to(from_history - 1);
  };
  const auto newer = [&] {
    if (from_history < history_.size()) go_to(from_history + 1);
  };
  const auto erase_forward = [&] {
    const std::size_t begin = edited.at;
    edited.right();
    edited.erase_from(begin);  // what lies between
  };
  // What an arrow or another key of several bytes sends behind its escape.
  const auto escape = [&] {
    const auto kind = next_byte();
    if (!kind || (*kind != '[' && *kind != 'O')) return;
    std::string digits;
    auto last = next_byte();
    while (last && ((*last >= '0' && *last <= '9') || *last == ';')) {
      digits += *last;
      last = next_byte();
    }
    if (!last) return;
    if (*last == 'A') older();
    if (*last == 'B') newer();
    if (*last == 'C') edited.right();
    if (*last == 'D') edited.left();
    if (*last == 'H' || (*last == '~' && (digits == "1" || digits == "7"))) edited.at = 0;
    if (*last == 'F' || (*last == '~' && (digits == "4" || digits == "8"))) {
      edited.at = edited.text.size();
    }
    if (*last == '~' && digits == "3") erase_forward();
  };
  redraw(prompt, edited);
  while (const auto byte = next_byte()) {
    const std::size_t at = edited.at;
    switch (*byte) {
      case '\r':
      case '\n':
        line = edited.text;
        return End::Line;
      case 'C' - '@':
        return End::Interrupted;
      case 'D' - '@':
        if (edited.text.empty()) return End::Closed;
        erase_forward();
        break;
      case 'A' - '@':
        edited.at = 0;
        break;
      case 'E' - '@':
        edited.at = edited.text.size();
        break;
      case 'B' - '@':
        edited.left();
        break;
      case 'F' - '@':
        edited.right();
        break;
      case 'P' - '@':
        older();
        break;
      case 'N' - '@':
        newer();
        break;
      case 'K' - '@':
        edited.text.erase(at);
        break;
      case 'U' - '@':
        edited.at = 0;
        edited.text.erase(0, at);
        break;
      case 'W' - '@': {
        edited.word_left();
        const std::size_t begin = std::exchange(edited.at, at);
        edited.erase_from(begin);
        break;
      }
      case 'H' - '@':
      case '\x7f': {
        edited.left();
        const std::size_t begin = std::exchange(edited.at, at);
        edited.erase_from(begin);
        break;
      }
      case '\x1b':
        escape();
        break;
      default:
        if (static_cast<unsigned char>(*byte) < 0x20) break;
        edited.text.insert(edited.at++, 1, *byte);
        // Half a character is not shown.
        if ((static_cast<unsigned char>(*byte) & 0x80U) != 0 && unread_.empty() &&
            !continues(*byte)) {
          continue;
        }
    }
    if (unread_.empty()) redraw(prompt, edited);
  }
  return interrupted_ ? End::Interrupted : End::Closed;
}

std::optional<char> LineEditor::next_byte() {
  interrupted_ = false;
  if (unread_.empty()) {
    char bytes[4096];
    const ssize_t count = ::read(0, bytes, sizeof(bytes));
    interrupted_ = count < 0 && errno == EINTR;
    if (count <= 0) return std::nullopt;
    unread_.assign(bytes, static_cast<std::size_t>(count));
  }
  const char byte = unread_.front();
  unread_.erase(0, 1);
  return byte;
}

}  // namespace roux::lm
