#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roux {

// Whether what is written to `descriptor` (1, 2) is read by a person, in a terminal that can do
// more than print one line below another: TERM=dumb can't.
bool is_terminal(int descriptor);

// Whether colours are wanted there: on a terminal, unless NO_COLOR says no (no-color.org).
bool wants_color(int descriptor);

// Characters a line of the terminal holds, and its lines; 80 and 24 where nobody says.
struct TerminalSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};
TerminalSize terminal_size(int descriptor);

// How many characters UTF-8 text shows; its escape sequences for colour ("\x1b[31m") show none.
// Every character counts as one column wide.
std::size_t columns_of(std::string_view text);

// `text` without what does not fit into `columns`. Colour that was begun is ended.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace roux
