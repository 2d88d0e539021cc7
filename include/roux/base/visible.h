#pragma once

#include <string>
#include <string_view>

namespace roux {

// `text` with the control characters that a terminal would act on as "\x1b": names come from files.
// Those in `kept` stay as they are.
std::string visible(std::string_view text, std::string_view kept = "\n\t");

}  // namespace roux
