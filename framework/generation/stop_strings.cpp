#include "roux/generation/stop_strings.h"

#include <algorithm>
#include <utility>

namespace roux {
namespace {

// How many bytes at the end of `text` may be the beginning of `string`.
std::size_t begun(std::string_view text, std::string_view string) {
  std::size_t length = std::min(text.size(), string.size() - 1);
  while (!string.starts_with(text.substr(text.size() - length))) --length;
  return length;
}

}  // namespace

StopStrings::StopStrings(std::span<const std::string> strings) {
  for (const std::string& string : strings) {
    if (!string.empty()) strings_.push_back(string);
  }
}

std::string StopStrings::push(std::string_view piece) {
  if (found_) return "";
  held_ += piece;
  std::size_t end = std::string::npos;
  std::size_t may_begin = 0;
  for (const std::string& string : strings_) {
    end = std::min(end, held_.find(string));
    may_begin = std::max(may_begin, begun(held_, string));
  }
  found_ = end != std::string::npos;
  std::string certain = held_.substr(0, found_ ? end : held_.size() - may_begin);
  held_.erase(0, found_ ? std::string::npos : certain.size());
  return certain;
}

std::string StopStrings::finish() {
  return std::exchange(held_, {});
}

}  // namespace roux
