#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roux::jinja {

// The text of a template and the name it goes by, for messages.
struct Source {
  std::string name;
  std::string text;  // line ends are '\n', without the last one

  // As Jinja does: any kind of line end, and no line end at the end.
  static Source make(std::string name, std::string_view text);

  // "NAME:LINE:COLUMN: what". Lines and columns from 1, columns in characters.
  std::string located(std::size_t offset, std::string_view what) const;
};

}  // namespace roux::jinja
