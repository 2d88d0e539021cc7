#include "roux/data/bookmark.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <system_error>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::data {

Bookmark& Bookmark::name(std::string_view op) {
  if (!text_.empty()) text_ += ' ';
  text_ += op;
  return *this;
}

Bookmark& Bookmark::number(std::int64_t value) {
  char digits[std::numeric_limits<std::int64_t>::digits10 + 2];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  text_ += ' ';
  text_.append(digits, end);
  return *this;
}

Bookmark& Bookmark::place(const Bookmark& earlier) {
  return name(earlier.text_);
}

std::string_view BookmarkReader::word() {
  const std::size_t end = std::min(rest_.find(' '), rest_.size());
  const std::string_view found = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return found;
}

void BookmarkReader::fail(std::string_view expected, std::string_view found) const {
  throw DataError(cat("the saved place in the data was written by another pipeline: expected ",
                      expected, ", but found ", found.empty() ? "its end" : found, ", in \"", text_,
                      '"'));
}

void BookmarkReader::name(std::string_view op) {
  const std::string_view found = word();
  if (found != op) fail(cat('"', op, '"'), found);
}

std::int64_t BookmarkReader::number() {
  const std::string_view found = word();
  const auto value = parse_integer(found);
  if (!value) fail("a number", found);
  return *value;
}

std::int64_t BookmarkReader::number(std::int64_t least, std::int64_t most) {
  const std::int64_t value = number();
  if (value < least || value > most) {
    fail(cat("a number from ", least, " to ", most), std::to_string(value));
  }
  return value;
}

void BookmarkReader::finish() const {
  if (!rest_.empty()) fail("its end", rest_);
}

}  // namespace roux::data
