#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roux::launcher {

// Several writers' bytes as one text, line by line, each line with its writer's prefix. Bytes are
// passed on as they are. A line that is not ended yet is held back until flush().
class LineMixer {
 public:
  explicit LineMixer(std::vector<std::string> prefixes);

  // Appends to `out` what can be printed now.
  void take(std::size_t writer, std::string_view bytes, std::string& out);

  // Also what is held back: it waited long enough.
  void flush(std::string& out);

  // Ends a line that stands open, so that something else can begin.
  void close_line(std::string& out);

  bool holds_back() const;

 private:
  void print(std::size_t writer, std::string_view text, std::string& out);

  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  std::vector<std::string> prefixes_;
  std::vector<std::string> held_back_;
  std::size_t open_ = kNobody;  // whose line was printed without its end
};

}  // namespace roux::launcher
