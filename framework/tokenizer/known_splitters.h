#pragma once

#include <cstddef>
#include <cstdint>

#include "tokenizer/unicode.h"

namespace roux {

// In what the patterns of the families differ.
struct SplitRules {
  enum class Contractions { None, Lowercase, AnyCase, AnyCaseAfterWord };
  enum class Prefix { Space, AnySymbol };  // what one character a word may take in front

  Contractions contractions = Contractions::AnyCase;
  Prefix word_prefix = Prefix::AnySymbol;
  bool cased_words =
      false;           // a word ends where a capital follows a small letter; marks are letters
  int max_digits = 3;  // 0: any number, with a space in front
  bool line_ends_after_symbols = true;
  bool slashes_after_symbols = false;
  bool line_ends_end_space = true;     // white space is cut after its last line end
  bool space_at_end_is_whole = false;  // tiktoken's \s++$
};

// One piece at a time, as the regular expression with these rules would match. ASCII is looked up
// by the byte; a template, so that each pattern gets code without the others' branches.
template <SplitRules R>
class KnownSplitter {
 public:
  KnownSplitter(const char* end, const unicode::Table& table)
      : end_(end), table_(table), ascii_(table.pages[table.page_of[0]].data()) {}

  // The end of the piece at `at`. Requires: at < end.
  const char* next(const char* at) const {
    using enum SplitRules::Contractions;
    const One c = one(at);

    if constexpr (R.contractions == Lowercase || R.contractions == AnyCase) {
      if (*at == '\'') {
        if (const std::size_t size = contraction(at); size != 0) return at + size;
      }
    }
    if (const char* end = word(at, c)) return end;
    if (c.classes & kNumber) return number(at, c);
    if constexpr (R.max_digits == 0) {
      if (*at == ' ' && at + 1 < end_) {
        const One second = one(at + 1);
        if (second.classes & kNumber) return number(at + 1, second);
      }
    }
    if (!(c.classes & kSpace)) return symbols(at, c);
    if (*at == ' ' && at + 1 < end_) {
      const One second = one(at + 1);
      if (!(second.classes & kNoSymbol)) return symbols(at + 1, second);
    }
    return white_space(at);
  }

 private:
  static constexpr unsigned kLetter = unicode::kLetter;
  static constexpr unsigned kNumber = unicode::kNumber;
  static constexpr unsigned kSpace = unicode::kSpace;
  static constexpr unsigned kNoSymbol = kLetter | kNumber | kSpace;

  struct One {
    unsigned classes;
    std::uint32_t size;
  };

  One one(const char* at) const {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) return {ascii_[byte], 1};
    const unicode::Character character = unicode::read(at);
    return {table_.classes(character.code), character.size};
  }

  template <typename Belongs>
  const char* run(const char* at, Belongs belongs) const {
    while (at < end_) {
      const One c = one(at);
      if (!belongs(c.classes)) break;
      at += c.size;
    }
    return at;
  }

  // 's 't 'm 'd 're 've 'll; the long s (U+017F) is an s too where case is ignored.
  std::size_t contraction(const char* at) const {
    const std::ptrdiff_t left = end_ - at;
    if (left < 2) return 0;
    const bool any_case = R.contractions != SplitRules::Contractions::Lowercase;
    const auto letter = [&](int i) {
      const char c = at[i];
      return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    const char first = letter(1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if (left < 3) return 0;
    if (any_case && at[1] == '\xc5' && at[2] == '\xbf') return 3;
    const char second = letter(2);
    if ((first == 'r' || first == 'v') && second == 'e') return 3;
    if (first == 'l' && second == 'l') return 3;
    return 0;
  }

  // The word at `at`, with what it takes in front; nullptr if there is none.
  const char* word(const char* at, One c) const {
    if constexpr (R.cased_words) {
      if (const char* end = cased_word_with_prefix(at, c)) return end;
      return nullptr;
    } else {
      const auto letters = [](unsigned classes) { return (classes & kLetter) != 0; };
      if (c.classes & kLetter) return run(at + c.size, letters);
      const bool prefix = R.word_prefix == SplitRules::Prefix::Space
                              ? *at == ' '
                              : !(c.classes & kNumber) && *at != '\r' && *at != '\n';
      if (!prefix || at + c.size == end_) return nullptr;
      const One second = one(at + c.size);
      if (!(second.classes & kLetter)) return nullptr;
      return run(at + c.size + second.size, letters);
    }
  }

  // P?U*L+ or else P?U+L*, where P is no letter, number or line end, and letters without case, and
  // marks, are both U and L. As a mark may be P too, each way is tried in the pattern's order.
  const char* cased_word_with_prefix(const char* at, One c) const {
    const bool prefix = !(c.classes & (kLetter | kNumber)) && *at != '\r' && *at != '\n';
    if (prefix) {
      if (const char* end = ends_small(at + c.size)) return with_contraction(end);
    }
    if (const char* end = ends_small(at)) return with_contraction(end);
    if (prefix) {
      if (const char* end = begins_capital(at + c.size)) return with_contraction(end);
    }
    if (const char* end = begins_capital(at)) return with_contraction(end);
    return nullptr;
  }
  static bool upper(unsigned classes) {
    return (classes & (kLetter | unicode::kMark)) != 0 && !(classes & unicode::kLower);
  }
  static bool lower(unsigned classes) {
    return (classes & (kLetter | unicode::kMark)) != 0 && !(classes & unicode::kUpper);
  }
  // U*L+: the capitals give back what the small letters need one of.
  const char* ends_small(const char* at) const {
    const char* end = run(at, upper);
    const char* small = run(end, lower);
    if (small != end) return small;
    // The last one of the capitals that is a small letter as well begins the L+.
    while (end > at) {
      const char* last = unicode::previous(at, end);
      const One c = one(last);
      if (lower(c.classes)) return end;
      end = last;
    }
    return nullptr;
  }
  // U+L*
  const char* begins_capital(const char* at) const {
    const char* end = run(at, upper);
    return end == at ? nullptr : run(end, lower);
  }
  const char* with_contraction(const char* end) const {
    if constexpr (R.contractions == SplitRules::Contractions::AnyCaseAfterWord) {
      if (end < end_ && *end == '\'') return end + contraction(end);
    }
    return end;
  }

  const char* number(const char* at, One c) const {
    const char* end = at + c.size;
    if constexpr (R.max_digits == 0) {
      return run(end, [](unsigned classes) { return (classes & kNumber) != 0; });
    }
    for (int digits = 1; digits < R.max_digits && end < end_; ++digits) {
      const One digit = one(end);
      if (!(digit.classes & kNumber)) break;
      end += digit.size;
    }
    return end;
  }

  const char* symbols(const char* at, One c) const {
    const char* end = run(at + c.size, [](unsigned classes) { return !(classes & kNoSymbol); });
    const auto follows = [](char byte) {
      return (R.line_ends_after_symbols && (byte == '\r' || byte == '\n')) ||
             (R.slashes_after_symbols && byte == '/');
    };
    while (end < end_ && follows(*end)) ++end;
    return end;
  }

  const char* white_space(const char* at) const {
    const char* after_line_end = nullptr;
    const char* last = at;
    const char* end = at;
    while (end < end_) {
      const One c = one(end);
      if (!(c.classes & kSpace)) break;
      last = end;
      if (*end == '\r' || *end == '\n') after_line_end = end + 1;
      end += c.size;
    }
    if (R.space_at_end_is_whole && end == end_) return end;
    if (R.line_ends_end_space && after_line_end != nullptr) return after_line_end;
    if (end == end_ || last == at) return end;
    return last;  // the last one goes with what follows
  }

  const char* end_;
  const unicode::Table& table_;
  const std::uint8_t* ascii_;
};

}  // namespace roux
