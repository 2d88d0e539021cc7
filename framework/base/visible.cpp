#include "roux/base/visible.h"

#include <array>
#include <cstdio>

namespace roux {

std::string visible(std::string_view text, std::string_view kept) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, in two bytes of UTF-8, are control characters too.
    const bool is_high =
        c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_high) c = static_cast<unsigned char>(text[++i]);
    if (is_high || c == 0x7F || (c < ' ' && kept.find(text[i]) == std::string_view::npos)) {
      std::array<char, 5> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", c);
      shown += escaped.data();
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace roux
