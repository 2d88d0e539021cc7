#include "tool/table.h"

#include <algorithm>
#include <cstddef>
#include <iostream>

#include "roux/base/visible.h"

namespace roux::tool {
namespace {

// How many characters a text takes, each a column wide.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](unsigned char c) {
    return (c & 0xC0U) != 0x80U;  // UTF-8: does not go on with a character
  }));
}

std::size_t width_of(const Column& column) {
  std::size_t most = 0;
  for (const auto& cell : column.cells) most = std::max(most, width_of(visible(cell, "")));
  return most;
}

}  // namespace

void print(const std::vector<Column>& columns) {
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(width_of(column));
  for (std::size_t row = 0; row < columns.front().cells.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto cell = visible(columns[i].cells[row], "");
      const std::string space(widths[i] - width_of(cell), ' ');
      line += (i == 0 ? "" : "  ") + (columns[i].right ? space + cell : cell + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
  }
}

std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<std::size_t>(i), ",");
  }
  return text;
}

}  // namespace roux::tool
