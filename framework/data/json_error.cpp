#include "data/json_error.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "data/json_string.h"

namespace roux::data {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

class FirstError final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit FirstError(const std::string& text) { nlohmann::json::sax_parse(text, this); }

  JsonError found;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    found.offset = position == 0 ? 0 : position - 1;
    // "[…] parse error at line 1, column 9: syntax error while parsing value - REASON; last read:
    // '…'; expected …", where what was read may be long, or no UTF-8.
    const std::string_view all = error.what();
    const std::size_t begin = std::min(all.find(" - "), all.size() - 3) + 3;
    const std::size_t end = std::min(all.find("; last read: '", begin), all.size());
    found.reason = all.substr(begin, end - begin);
    return false;
  }
};

// How many bytes the character at the front takes; the place of the first that doesn't fit, where
// they are none. (RFC 3629: no more bytes than it needs, no surrogate, none above U+10FFFF.)
struct Utf8 {
  std::size_t size = 1;
  std::optional<std::size_t> wrong;
};

Utf8 first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {};
  if (lead < 0xc2 || lead > 0xf4) return {1, 0};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const std::uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return {size, 1};
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {size, i};
  }
  return {size, std::nullopt};
}

// What simdjson looks at in the whole line before it walks: UTF-8, and where strings end.
JsonError find_string_error(std::string_view line) {
  bool in_string = false;
  for (std::size_t at = 0; at < line.size();) {
    const Utf8 character = first_character(line.substr(at));
    if (character.wrong) {
      return {at + *character.wrong,
              in_string ? "invalid string: ill-formed UTF-8 byte" : "ill-formed UTF-8 byte"};
    }
    if (in_string && static_cast<std::uint8_t>(line[at]) < 0x20) {
      return {at, "invalid string: a control character must be escaped"};
    }
    if (line[at] == '"') in_string = !in_string;
    at += line[at] == '\\' && at + 1 < line.size() && (line[at + 1] == '"' || line[at + 1] == '\\')
              ? 2
              : character.size;
  }
  if (in_string) return {line.size(), "invalid string: missing closing quote"};
  return {};
}

// Puts numbers, in as much room, for the members that JsonText passes over, up to where the line
// is not built as an object. Requires: find_string_error() finds none.
class Mask {
 public:
  // `strict`: what is passed over must close its brackets with those that they were opened with.
  Mask(std::string line, std::span<const std::string> keys, bool strict)
      : line_(std::move(line)), keys_(keys), strict_(strict) {
    skip_spaces();
    if (is('{')) object(0);
  }

  const std::string& line() const { return line_; }

 private:
  bool is(char character) const { return at_ < line_.size() && line_[at_] == character; }
  void skip_spaces() { at_ = std::min(line_.find_first_not_of(kSpaces, at_), line_.size()); }

  // False where it is none.
  bool object(std::size_t level) {
    ++at_;
    for (skip_spaces(); is('"'); skip_spaces()) {
      const std::size_t begin = at_;
      skip_string();
      std::string name;
      append_json_string(std::string_view(line_).substr(begin + 1, at_ - begin - 2), name);
      skip_spaces();
      if (!is(':')) return false;
      ++at_;
      skip_spaces();
      if (!member(name == keys_[level], level)) return false;
      skip_spaces();
      if (!is(',')) break;
      ++at_;
    }
    if (!is('}')) return false;
    ++at_;
    return true;
  }

  bool member(bool ours, std::size_t level) {
    const bool last = level + 1 == keys_.size();
    if (ours && !last && is('{')) return object(level + 1);
    const std::size_t begin = at_;
    const std::optional<std::size_t> stray = skip_value();
    if (ours) return true;
    if (begin == at_) return false;
    // What is left of brackets that don't match is read as what it is: an error.
    const bool closed = !stray && (is_scalar_ || depth_ == 0);
    const char first = line_[begin];
    const std::size_t end = stray.value_or(at_);
    std::fill(line_.begin() + static_cast<std::ptrdiff_t>(begin),
              line_.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    line_[begin] = closed ? '1' : stray ? opener_ : first;
    return closed;
  }

  // Behind the value; where it holds a bracket that closes another one, and that matters, there.
  std::optional<std::size_t> skip_value() {
    is_scalar_ = !is('{') && !is('[');
    depth_ = 0;
    if (is('"')) {
      skip_string();
      return std::nullopt;
    }
    if (is_scalar_) {
      at_ = std::min(line_.find_first_of(" \t\r\n,:\"{}[]", at_), line_.size());
      return std::nullopt;
    }
    std::string open;
    do {
      if (is('"')) {
        skip_string();
        continue;
      }
      if (is('{') || is('[')) open += line_[at_];
      if (is('}') || is(']')) {
        opener_ = open.back();
        open.pop_back();
        if (strict_ && (opener_ == '{') != is('}')) return at_;
      }
      ++at_;
    } while (!open.empty() && at_ < line_.size());
    depth_ = open.size();
    return std::nullopt;
  }

  void skip_string() {
    for (++at_; at_ < line_.size() && !is('"'); ++at_) {
      if (is('\\')) ++at_;
    }
    at_ = std::min(at_ + 1, line_.size());
  }

  std::string line_;
  std::span<const std::string> keys_;
  bool strict_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;  // of brackets that the value last skipped leaves open
  bool is_scalar_ = false;
  char opener_ = '{';
};

}  // namespace

JsonError find_json_error(const std::string& line, std::span<const std::string> keys) {
  JsonError error = find_string_error(line);
  if (!error.reason.empty()) return error;
  error = FirstError(Mask(line, keys, /*strict=*/false).line()).found;
  // Where the line ends too early, the fault is a bracket that closes another one than it should.
  if (error.reason.empty() || error.offset < line.size()) return error;
  return FirstError(Mask(line, keys, /*strict=*/true).line()).found;
}

std::string_view other_format(std::string_view first_line) {
  constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
      {"PAR1", "a Parquet file"},
      {"ARROW1", "an Arrow file"},
      {"BZh", "a bzip2 file"},
      {"\xfd"
       "7zXZ",
       "an xz file"},
      {"PK\x03\x04", "a zip file"},
      {"roux-tok", "a file of tokens (the folder that holds it is what is read)"},
      {"\xff\xfe", "a file of UTF-16"},
      {"\xfe\xff", "a file of UTF-16"},
  };
  for (const auto& [start, what] : kFormats) {
    if (first_line.starts_with(start)) return what;
  }
  const bool has_zeros =
      first_line.size() >= 2 && (first_line[0] == '\0') != (first_line[1] == '\0');
  if (has_zeros) return "a file of UTF-16";
  const std::size_t first = std::min(first_line.find_first_not_of(kSpaces), first_line.size());
  if (first_line.substr(first).starts_with('[')) {
    return "a file of one JSON array (`jq -c '.[]'` makes lines of it)";
  }
  return "";
}

}  // namespace roux::data
