#include "tokenizer/jinja/text.h"

#include <algorithm>

namespace roux::jinja {
namespace {

bool same_origin(const Mark& a, const Mark& b) {
  return a.message == b.message && a.generated == b.generated;
}

void add(std::vector<Mark>& marks, const Mark& mark) {
  if (!marks.empty() && marks.back().end == mark.begin && same_origin(marks.back(), mark)) {
    marks.back().end = mark.end;
  } else {
    marks.push_back(mark);
  }
}

}  // namespace

void Text::append(const Text& other) {
  const std::size_t offset = bytes.size();
  bytes += other.bytes;
  for (Mark mark : other.marks) {
    mark.begin += offset;
    mark.end += offset;
    add(marks, mark);
  }
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  Text result{bytes.substr(begin, end - begin), {}};
  for (const Mark& mark : marks) {
    if (mark.end < begin || mark.begin > end) continue;
    Mark cut = mark;
    cut.begin = std::max(mark.begin, begin) - begin;
    cut.end = std::min(mark.end, end) - begin;
    // Nothing of a piece is left: that is worth a mark where nothing else is left, either.
    if (cut.begin == cut.end && mark.begin != mark.end && begin != end) continue;
    add(result.marks, cut);
  }
  if (begin == end && result.marks.size() > 1) result.marks.resize(1);
  return result;
}

Text Text::slice(std::string_view piece) const {
  const auto begin = static_cast<std::size_t>(piece.data() - bytes.data());
  return slice(begin, begin + piece.size());
}

Text Text::made_into(std::string result) const {
  Text text{std::move(result), {}};
  if (!marks.empty()) {
    text.marks.push_back({0, text.bytes.size(), marks.front().message, marks.front().generated});
  }
  return text;
}

void Text::mark_all(std::int32_t message) {
  marks = {{0, bytes.size(), message, false}};
}

void Text::mark_generated() {
  std::vector<Mark> all;
  std::size_t at = 0;
  for (Mark mark : marks) {
    if (mark.begin > at) add(all, {at, mark.begin, kNoMessage, true});
    mark.generated = true;
    add(all, mark);
    at = mark.end;
  }
  if (at < bytes.size() || all.empty()) add(all, {at, bytes.size(), kNoMessage, true});
  marks = std::move(all);
}

}  // namespace roux::jinja
