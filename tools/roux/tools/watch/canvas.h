#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace roux::tool {

// Dots in a terminal: each character is a braille pattern of two columns and four rows of them. The
// dot (0, 0) is at the top left. A character has one colour, that of what was drawn there last.
class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t lines);

  std::int64_t width() const { return static_cast<std::int64_t>(2 * columns_); }
  std::int64_t height() const { return static_cast<std::int64_t>(4 * lines_); }

  // What lies outside is left out.
  void dot(std::int64_t x, std::int64_t y, int color);
  void line(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1, int color);

  // One of its lines, with escape sequences for colours (30 + n) if wanted.
  std::string text(std::size_t line, bool colored) const;

 private:
  struct Cell {
    unsigned dots = 0;
    int color = 0;
  };

  std::size_t columns_;
  std::size_t lines_;
  std::vector<Cell> cells_;
};

}  // namespace roux::tool
