#include "canvas.h"

#include <array>
#include <cstdlib>

#include "roux/base/error.h"

namespace roux::tool {
namespace {

// The bits of a braille pattern (U+2800 and above), by row and column.
constexpr std::array<std::array<unsigned, 2>, 4> kBits{
    {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

std::string braille(unsigned dots) {
  if (dots == 0) return " ";
  const unsigned code = 0x2800 + dots;
  return {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

}  // namespace

Canvas::Canvas(std::size_t columns, std::size_t lines)
    : columns_(columns), lines_(lines), cells_(columns * lines) {}

void Canvas::dot(std::int64_t x, std::int64_t y, int color) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  Cell& cell = cells_[static_cast<std::size_t>(y / 4) * columns_ + static_cast<std::size_t>(x / 2)];
  cell.dots |= kBits[static_cast<std::size_t>(y % 4)][static_cast<std::size_t>(x % 2)];
  cell.color = color;
}

// Bresenham's.
void Canvas::line(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1, int color) {
  const std::int64_t dx = std::abs(x1 - x0);
  const std::int64_t dy = -std::abs(y1 - y0);
  std::int64_t error = dx + dy;
  while (true) {
    dot(x0, y0, color);
    if (x0 == x1 && y0 == y1) return;
    const std::int64_t twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x0 += x0 < x1 ? 1 : -1;
    }
    if (twice <= dx) {
      error += dx;
      y0 += y0 < y1 ? 1 : -1;
    }
  }
}

std::string Canvas::text(std::size_t line, bool colored) const {
  std::string text;
  int color = 0;
  for (std::size_t column = 0; column < columns_; ++column) {
    const Cell& cell = cells_[line * columns_ + column];
    const int wanted = cell.dots == 0 ? color : cell.color;
    if (colored && wanted != color) text += cat("\x1b[", 30 + wanted, "m");
    color = wanted;
    text += braille(cell.dots);
  }
  if (colored && color != 0) text += "\x1b[0m";
  return text;
}

}  // namespace roux::tool
