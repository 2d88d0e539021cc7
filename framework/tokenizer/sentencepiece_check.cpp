#include "tokenizer/sentencepiece_check.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

#include "roux/base/error.h"

namespace roux {
namespace {

// A file is a message of Protocol Buffers:
//
//   model :=      1: piece ...  2: trainer  3: normalizer  5: normalizer (for decoding)
//   piece :=      1: text  2: score (float)  3: kind
//   normalizer := 2: tables ...
//   tables :=     uint32 size  size bytes of a double-array trie  texts, each with a NUL at its end
struct Field {
  std::uint64_t number = 0;
  std::uint64_t wire_type = 0;
  std::uint64_t value = 0;  // of a number
  std::string_view bytes;   // of what has a length
  std::size_t at = 0;       // in the file
};

constexpr std::uint64_t kNumber = 0;
constexpr std::uint64_t kEightBytes = 1;
constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t kFourBytes = 5;

[[noreturn]] void refuse(std::size_t at, std::string_view what) {
  throw std::runtime_error(cat("at byte ", at, ' ', what));
}

// The fields of a message that begins at byte `at` of the file.
class Message {
 public:
  Message(std::string_view bytes, std::size_t at) : rest_(bytes), at_(at) {}

  bool next(Field& field) {
    if (rest_.empty()) return false;
    field = {};
    field.at = at_;
    const std::uint64_t key = varint();
    field.number = key >> 3;
    field.wire_type = key & 7;
    if (field.number == 0) refuse(field.at, "is no field");
    switch (field.wire_type) {
      case kNumber:
        field.value = varint();
        break;
      case kEightBytes:
        field.bytes = take(8);
        break;
      case kFourBytes:
        field.bytes = take(4);
        break;
      case kBytes: {
        const std::uint64_t length = varint();
        if (length > rest_.size()) refuse(field.at, "is a field that goes beyond its end");
        field.bytes = take(static_cast<std::size_t>(length));
        break;
      }
      default:
        refuse(field.at, "is no field");
    }
    return true;
  }

  // Where `bytes`, which next() gave last, begin.
  std::size_t begin_of(std::string_view bytes) const { return at_ - bytes.size(); }

 private:
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) refuse(at_, "is a field that goes beyond its end");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    at_ += count;
    return taken;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    refuse(at_, "is a number that is too long");
  }

  std::string_view rest_;
  std::size_t at_;
};

void expect_type(const Field& field, std::uint64_t wire_type) {
  if (field.wire_type != wire_type) refuse(field.at, "is a field of another type than it must be");
}

std::uint32_t word(std::string_view bytes, std::size_t index) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[4 * index + i]);
  }
  return value;
}

// The double-array trie of a normalizer, which is walked through with any text there may be; where
// it has a value, this is the place of a text.
class Trie {
 public:
  Trie(std::string_view units, std::size_t texts, std::size_t at)
      : units_(units), texts_(texts), at_(at), values_(units.size() / 4, kNotSeen) {}

  void check() { values_below(0, 0); }

 private:
  static constexpr std::int16_t kNotSeen = -1;
  static constexpr std::int16_t kOnTheWay = -2;

  // What the library has room for on a way, and far more than any way is long.
  static constexpr std::int16_t kMostValues = 32;
  static constexpr int kDeepest = 512;

  // The most values on a way from unit `at` on. Ways may join, but none may come back.
  std::int16_t values_below(std::size_t at, int depth) {
    if (values_[at] >= 0) return values_[at];
    const std::size_t place = at_ + 4 * at;
    if (values_[at] == kOnTheWay || depth > kDeepest) {
      refuse(place, "is a normalizer's trie that does not end");
    }
    values_[at] = kOnTheWay;
    const std::uint32_t unit = word(units_, at);
    const std::size_t next = at ^ (unit >> 10) << ((unit & 1U << 9) >> 6);
    if ((next | 0xff) >= values_.size())
      refuse(place, "is a normalizer's trie that leads out of itself");
    std::int16_t most = 0;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::size_t child = next ^ byte;
      if ((word(units_, child) & 0x800000ff) != byte) continue;
      most = std::max(most, values_below(child, depth + 1));
    }
    if ((unit >> 8 & 1) != 0 && depth > 0) {
      if ((word(units_, next) & 0x7fffffff) >= texts_) {
        refuse(place, "is a normalizer's trie that leads to no text");
      }
      if (++most > kMostValues)
        refuse(place, "is a normalizer's trie with too many texts on a way");
    }
    return values_[at] = most;
  }

  std::string_view units_;
  std::size_t texts_;
  std::size_t at_;  // in the file
  std::vector<std::int16_t> values_;
};

void check_tables(std::string_view tables, std::size_t at) {
  if (tables.empty()) return;
  if (tables.size() < 4) refuse(at, "are tables of a normalizer that are cut short");
  const std::size_t size = word(tables, 0);
  if (size % 4 != 0 || size == 0 || size >= tables.size() - 4) {
    refuse(at, cat("is the size of a normalizer's trie, which can't be ", size));
  }
  const std::string_view texts = tables.substr(4 + size);
  if (texts.back() != '\0') refuse(at + tables.size() - 1, "must be the NUL that ends a text");
  Trie(tables.substr(4, size), texts.size(), at + 4).check();
}

void check_normalizer(std::string_view bytes, std::size_t at) {
  Message message(bytes, at);
  for (Field field; message.next(field);) {
    if (field.number != 2) continue;
    expect_type(field, kBytes);
    check_tables(field.bytes, message.begin_of(field.bytes));
  }
}

enum Kind : std::uint64_t { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };

// "<0x0A>", as the library spells bytes.
bool spells_byte(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  return text.size() == 6 && text.starts_with("<0x") && text.ends_with('>') && is_digit(text[3]) &&
         is_digit(text[4]);
}

struct Pieces {
  std::unordered_set<std::string_view> texts;
  std::size_t unknown = 0;
};

void check_piece(std::string_view bytes, std::size_t at, Pieces& pieces) {
  std::string_view text;
  std::uint64_t kind = Normal;
  Message message(bytes, at);
  for (Field field; message.next(field);) {
    if (field.number == 1) {
      expect_type(field, kBytes);
      text = field.bytes;
    } else if (field.number == 2) {
      expect_type(field, kFourBytes);
      const std::uint32_t bits = word(field.bytes, 0);
      float score = 0;
      std::memcpy(&score, &bits, sizeof score);
      if (!std::isfinite(score)) refuse(field.at, "is a score that is not finite");
    } else if (field.number == 3) {
      expect_type(field, kNumber);
      kind = field.value;
    }
  }
  if (text.empty()) refuse(at, "is a piece without a text");
  if (text.find('\0') != text.npos) refuse(at, "is a piece with a NUL in its text");
  if (kind < Normal || kind > Byte)
    refuse(at, cat("is a piece of a kind that is not known: ", kind));
  if (kind == Byte && !spells_byte(text)) refuse(at, "is a byte that does not read <0xHH>");
  if (!pieces.texts.insert(text).second) refuse(at, "is a piece that came before");
  pieces.unknown += kind == Unknown ? 1 : 0;
}

}  // namespace

void check_sentencepiece(std::string_view model) {
  Pieces pieces;
  Message message(model, 0);
  for (Field field; message.next(field);) {
    if (field.number == 0 || field.number > 5) continue;
    expect_type(field, kBytes);
    const std::size_t at = message.begin_of(field.bytes);
    if (field.number == 1) check_piece(field.bytes, at, pieces);
    if (field.number == 3 || field.number == 5) check_normalizer(field.bytes, at);
  }
  if (pieces.texts.empty()) throw std::runtime_error("it has no pieces");
  if (pieces.unknown != 1) {
    throw std::runtime_error(
        cat("one piece must stand for the unknown, but ", pieces.unknown, " do"));
  }
}

}  // namespace roux
