#include "tokenizer/jinja/lexer.h"

#include <array>
#include <string_view>

#include "roux/base/error.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using Kind = Token::Kind;

// Longest first.
constexpr std::array<std::string_view, 26> kOperators = {
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
    "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80U;
}

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) data();
    add(Kind::End, "", text_.size());
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(std::size_t offset, std::string_view what) const {
    throw DataError(source_.located(offset, what));
  }

  void add(Kind kind, std::string text, std::size_t offset) {
    tokens_.push_back({kind, std::move(text), offset});
  }

  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip_space() { at_ = text_.size() - strip_left(text_.substr(at_)).size(); }

  // Text up to the next tag, and the tag.
  void data() {
    std::size_t tag = at_;
    do {
      tag = text_.find('{', tag);
      if (tag == std::string_view::npos || tag + 1 == text_.size()) {
        add_data(at_, text_.substr(at_));
        at_ = text_.size();
        return;
      }
      ++tag;
    } while (text_[tag] != '{' && text_[tag] != '%' && text_[tag] != '#');
    --tag;

    const std::size_t start = at_;
    const char kind = text_[tag + 1];
    at_ = tag + 2;
    const char sign =
        at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+') ? text_[at_] : ' ';
    // `{{+ 1 }}` is a sum of nothing and 1: only a minus belongs to the tag of a variable.
    if (sign == '-' || (sign == '+' && kind != '{')) ++at_;
    add_data(start, before_tag(start, tag, kind, sign));
    if (kind == '#') {
      comment(tag);
    } else if (kind == '{') {
      add(Kind::VariableBegin, "{{", tag);
      inside(Kind::VariableEnd, tag);
    } else if (!raw(tag)) {
      add(Kind::BlockBegin, "{%", tag);
      inside(Kind::BlockEnd, tag);
    }
  }

  void add_data(std::size_t offset, std::string_view data) {
    if (!data.empty()) add(Kind::Data, std::string(data), offset);
  }

  // What stands before a tag, without the white space that its sign or lstrip_blocks takes away.
  std::string_view before_tag(std::size_t start, std::size_t tag, char kind, char sign) const {
    const std::string_view before = text_.substr(start, tag - start);
    if (sign == '-') return strip_right(before);
    if (sign == '+' || kind == '{') return before;
    const auto line_end = before.rfind('\n');
    const bool starts_line = start == 0 || text_[start - 1] == '\n';
    if (line_end == std::string_view::npos && !starts_line) return before;
    const std::size_t line = line_end == std::string_view::npos ? 0 : line_end + 1;
    return strip_right(before.substr(line)).empty() ? before.substr(0, line) : before;
  }

  // After the end of a block or a comment, at the first character behind it.
  void after_block(char sign) {
    if (sign == '-') {
      skip_space();
    } else if (sign != '+' && sees("\n")) {
      ++at_;
    }
  }

  void comment(std::size_t tag) {
    const auto end = text_.find("#}", at_);
    if (end == std::string_view::npos) fail(tag, "this comment has no end: '#}' is missing");
    const char sign = end > at_ ? text_[end - 1] : ' ';
    at_ = end + 2;
    after_block(sign == '-' || sign == '+' ? sign : ' ');
  }

  // {% raw %}: text in which nothing is a tag. False, and nothing is done, if it is another tag.
  bool raw(std::size_t tag) {
    const std::size_t start = at_;
    skip_space();
    if (!sees("raw")) {
      at_ = start;
      return false;
    }
    at_ += 3;
    skip_space();
    if (sees("-%}")) {
      at_ += 3;
      skip_space();
    } else if (sees("%}")) {
      at_ += 2;
    } else {
      at_ = start;
      return false;
    }
    const std::size_t body = at_;
    for (auto end = text_.find("{%", at_);; end = text_.find("{%", end + 1)) {
      if (end == std::string_view::npos) fail(tag, "this raw block has no end");
      at_ = end + 2;
      const char sign = at_ < text_.size() ? text_[at_] : ' ';
      if (sign == '-' || sign == '+') ++at_;
      skip_space();
      if (!sees("endraw")) continue;
      at_ += 6;
      skip_space();
      const char last = at_ < text_.size() ? text_[at_] : ' ';
      if (last == '-' || last == '+') ++at_;
      if (!sees("%}")) continue;
      at_ += 2;
      add_data(body, before_tag(body, end, '%', sign));
      after_block(last);
      return true;
    }
  }

  void inside(Kind end, std::size_t tag) {
    std::string open;  // the brackets that wait for their other half
    for (;;) {
      skip_space();
      if (at_ == text_.size()) {
        fail(tag, end == Kind::BlockEnd ? "this tag has no end: '%}' is missing"
                                        : "this tag has no end: '}}' is missing");
      }
      if (open.empty() && ends(end)) return;
      const char c = text_[at_];
      const bool number_after_dot = !tokens_.empty() && at_ > 0 && text_[at_ - 1] == '.';
      if (c == '\'' || c == '"') {
        string();
      } else if (is_digit(c)) {
        number(number_after_dot);
      } else if (is_word(c)) {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        add(Kind::Name, std::string(text_.substr(start, at_ - start)), start);
      } else {
        punctuation(open);
      }
    }
  }

  bool ends(Kind end) {
    const std::string_view closing = end == Kind::BlockEnd ? "%}" : "}}";
    const char sign = text_[at_];
    const bool has_sign = sign == '-' || (sign == '+' && end == Kind::BlockEnd);
    if (!text_.substr(at_ + (has_sign ? 1 : 0)).starts_with(closing)) return false;
    add(end, std::string(closing), at_);
    at_ += has_sign ? 3 : 2;
    if (end == Kind::BlockEnd) {
      after_block(sign);
    } else if (has_sign) {
      skip_space();
    }
    return true;
  }

  void punctuation(std::string& open) {
    for (const std::string_view each : kOperators) {
      if (!sees(each)) continue;
      const char c = each.front();
      if (c == '(' || c == '[' || c == '{') {
        open += c == '(' ? ')' : c == '[' ? ']' : '}';
      } else if (c == ')' || c == ']' || c == '}') {
        if (open.empty()) fail(at_, cat("unexpected '", each, "'"));
        if (open.back() != c)
          fail(at_, cat("unexpected '", each, "', expected '", open.back(), "'"));
        open.pop_back();
      }
      add(Kind::Operator, std::string(each), at_);
      at_ += each.size();
      return;
    }
    fail(at_,
         cat("unexpected character '", text_.substr(at_, code_point_at(text_, at_).size), "'"));
  }

  void number(bool after_dot) {
    const std::size_t start = at_;
    const auto digits = [&](auto is) {
      while (
          at_ < text_.size() &&
          (is(text_[at_]) || (text_[at_] == '_' && at_ + 1 < text_.size() && is(text_[at_ + 1])))) {
        ++at_;
      }
    };
    bool is_float = false;
    const char letter = at_ + 1 < text_.size() ? static_cast<char>(text_[at_ + 1] | 0x20) : ' ';
    if (text_[at_] == '0' && (letter == 'x' || letter == 'o' || letter == 'b')) {
      at_ += 2;
      digits([](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); });
    } else {
      digits(is_digit);
      const auto digit_at = [&](std::size_t i) { return i < text_.size() && is_digit(text_[i]); };
      if (!after_dot && sees(".") && digit_at(at_ + 1)) {
        is_float = true;
        ++at_;
        digits(is_digit);
      }
      if (!after_dot && at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
        const bool sign =
            at_ + 1 < text_.size() && (text_[at_ + 1] == '+' || text_[at_ + 1] == '-');
        if (digit_at(at_ + (sign ? 2 : 1))) {
          is_float = true;
          at_ += sign ? 2 : 1;
          digits(is_digit);
        }
      }
    }
    std::string plain;
    for (const char c : text_.substr(start, at_ - start)) {
      if (c != '_') plain += c;
    }
    add(is_float ? Kind::Float : Kind::Integer, std::move(plain), start);
  }

  void string() {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    std::string value;
    for (;; ++at_) {
      if (at_ >= text_.size()) fail(start, "this string has no end");
      const char c = text_[at_];
      if (c == quote) break;
      if (c == '\\') {
        ++at_;
        escape(start, value);
      } else {
        value += c;
      }
    }
    ++at_;
    add(Kind::String, std::move(value), start);
  }

  // Python's escapes; what is none stays as it is written.
  void escape(std::size_t start, std::string& value) {
    if (at_ >= text_.size()) fail(start, "this string has no end");
    const char c = text_[at_];
    constexpr std::string_view kLetters = "\\'\"abfnrtv";
    constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    if (const auto found = kLetters.find(c); found != std::string_view::npos) {
      value += kMeanings[found];
    } else if (c >= '0' && c <= '7') {
      char32_t code = 0;
      std::size_t count = 0;
      for (; count < 3 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++count) {
        code = code * 8 + static_cast<char32_t>(text_[at_++] - '0');
      }
      --at_;
      append_utf8(value, code);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8, value);
    } else if (c != '\n') {
      value += '\\';
      value += c;
    }
  }

  void hexadecimal(std::size_t count, std::string& value) {
    const std::size_t start = at_ - 1;
    char32_t code = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ++at_;
      const char c = at_ < text_.size() ? static_cast<char>(text_[at_] | 0x20) : ' ';
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && !(at_ < text_.size() && is_digit(text_[at_]))) {
        fail(start, cat("this escape needs ", count, " hexadecimal digits"));
      }
      code = code * 16 + static_cast<char32_t>(letter ? c - 'a' + 10 : text_[at_] - '0');
    }
    if (code > 0x10FFFFU || (code >= 0xD800U && code < 0xE000U)) {
      fail(start, "this escape is no character");
    }
    append_utf8(value, code);
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const Source& source) {
  return Lexer(source).run();
}

}  // namespace roux::jinja
