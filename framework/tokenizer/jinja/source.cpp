#include "tokenizer/jinja/source.h"

#include <algorithm>

#include "roux/base/error.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {

Source Source::make(std::string name, std::string_view text) {
  Source source{std::move(name), {}};
  source.text.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      source.text += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      source.text += text[i];
    }
  }
  if (source.text.ends_with('\n')) source.text.pop_back();
  return source;
}

std::string Source::located(std::size_t offset, std::string_view what) const {
  const std::string_view before = std::string_view(text).substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  const auto column =
      1 + length_of(start == std::string_view::npos ? before : before.substr(start + 1));
  return cat(name, ":", line, ":", column, ": ", what);
}

}  // namespace roux::jinja
