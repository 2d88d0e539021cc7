#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roux::jinja {

inline constexpr std::int32_t kNoMessage = -1;

// A piece of text that a message of the conversation brought in, or that stood in a
// {% generation %} block. It may be empty: an empty answer is an answer, too.
struct Mark {
  std::size_t begin;  // in bytes
  std::size_t end;
  std::int32_t message = kNoMessage;
  bool generated = false;
};

// A string that knows where its pieces came from. Whatever a template does to a string keeps the
// marks where the pieces stay what they are, and stretches them over the result where they don't.
struct Text {
  std::string bytes;
  std::vector<Mark> marks;  // in order, none over another

  void append(std::string_view literal) { bytes += literal; }
  void append(const Text& other);

  // Requires: begin <= end <= bytes.size().
  Text slice(std::size_t begin, std::size_t end) const;
  // The same for a piece of `bytes`.
  Text slice(std::string_view piece) const;

  // `result` as made from all of this: as a whole from where the first mark is from.
  Text made_into(std::string result) const;

  // Marks all of it, as from that message.
  void mark_all(std::int32_t message);
  // Marks all of it as generated, whatever message a piece is from.
  void mark_generated();
};

}  // namespace roux::jinja
