#pragma once

#include <iosfwd>

namespace roux::di {

// The line of source that registered something, so that a message can point at it.
struct Where {
  const char* file = "";
  int line = 0;

  // As a default argument: the line of the call.
  static constexpr Where here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// Without its folders: `recipe.cpp:21`.
std::ostream& operator<<(std::ostream& out, const Where& where);

}  // namespace roux::di
