#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux::lm {

// Reads lines from a person at a terminal, who can go back in the line and among those before it;
// elsewhere, plain lines. One thread at a time.
class LineEditor {
 public:
  enum class End { Line, Interrupted, Closed };

  // Shows `prompt`, and puts what is typed into `line`. Interrupted: Ctrl-C, or a signal.
  End read(std::string_view prompt, std::string& line);

 private:
  End read_plain(std::string& line);
  End edit(std::string_view prompt, std::string& line);

  // The next byte of the input; nullopt at its end, or where a signal came.
  std::optional<char> next_byte();

  std::string unread_;
  bool interrupted_ = false;
  std::vector<std::string> history_;
};

}  // namespace roux::lm
