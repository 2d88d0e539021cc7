#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace roux::data {

// Where a pipeline stands: what each of its operators wrote, from the last one to the source.
//
//   shuffle 3 17 map lines 5 2048
//
// A bookmark holds positions and never examples, so it is some hundred bytes whatever the buffers
// hold, and taking one is cheap enough to do it for every example. It is text: a checkpoint keeps
// it as it is, and a person can read it.
class Bookmark {
 public:
  Bookmark() = default;
  explicit Bookmark(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }

  // An operator writes its name, then its numbers, then what it stands on.
  Bookmark& name(std::string_view op);
  Bookmark& number(std::int64_t value);
  // What a stream wrote earlier, of the place where it stood then.
  Bookmark& place(const Bookmark& earlier);

  bool operator==(const Bookmark&) const = default;

 private:
  std::string text_;
};

// Reads a bookmark in the order in which it was written. Throws DataError, which shows the
// bookmark, where another pipeline wrote it.
class BookmarkReader {
 public:
  // Requires: `bookmark` lives as long.
  explicit BookmarkReader(const Bookmark& bookmark) : text_(bookmark.text()), rest_(text_) {}

  void name(std::string_view op);
  std::int64_t number();
  std::int64_t number(std::int64_t least, std::int64_t most);

  // Throws unless everything was read.
  void finish() const;

 private:
  std::string_view word();
  [[noreturn]] void fail(std::string_view expected, std::string_view found) const;

  std::string_view text_;
  std::string_view rest_;
};

}  // namespace roux::data
