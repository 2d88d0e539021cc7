#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace roux::tool {

// A column of a table, with its heading on top.
struct Column {
  std::vector<std::string> cells;
  bool right = false;
};

// Prints columns of equally many cells beside each other. Cells are UTF-8.
void print(const std::vector<Column>& columns);

// 1234567 as "1,234,567".
std::string with_commas(std::int64_t number);

}  // namespace roux::tool
