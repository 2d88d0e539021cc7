// How Python prints values.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/unicode.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {
namespace {

// Namespaces may hold themselves.
class Printer {
 public:
  void repr(const Value& value) {
    if (++depth_ > kMaxValueDepth + 10)
      throw Failure("a value that holds itself cannot be printed");
    if (const Text* text = value.text()) {
      out_.append(text->made_into(quoted(text->bytes)));
    } else if (const List* list = value.list()) {
      print(*list);
    } else if (const Dict* dict = value.dict()) {
      print(*dict);
    } else if (const Namespace* space = value.space()) {
      out_.append("<Namespace ");
      print(space->members);
      out_.append(">");
    } else {
      scalar(value);
    }
    --depth_;
  }

  Text take() { return std::move(out_); }

 private:
  void scalar(const Value& value) {
    if (value.is_undefined()) {
      out_.append("Undefined");
    } else if (value.is_none()) {
      out_.append("None");
    } else if (value.is_bool()) {
      out_.append(is_true(value) ? "True" : "False");
    } else if (value.is_integer()) {
      out_.append(std::to_string(value.integer()));
    } else if (value.is_float()) {
      out_.append(float_repr(value.number()));
    } else if (value.callable() != nullptr) {
      out_.append(cat("<", type_name(value), " '", value.callable()->name, "'>"));
    } else {
      const Loop& loop = *value.loop();
      out_.append(cat("<LoopContext ", loop.index + 1, "/", loop.items.list()->items.size(), ">"));
    }
  }

  void print(const List& list) {
    if (list.kind == List::Kind::Stream || list.kind == List::Kind::Range) {
      out_.append(list.kind == List::Kind::Range ? list.name : cat("<", list.name, " object>"));
      return;
    }
    const bool view = list.kind == List::Kind::View;
    const bool tuple = list.kind == List::Kind::Tuple;
    if (view) out_.append(list.name + "(");
    out_.append(tuple ? "(" : "[");
    const char* separator = "";
    for (const Value& item : list.items) {
      out_.append(separator);
      repr(item);
      separator = ", ";
    }
    if (tuple && list.items.size() == 1) out_.append(",");
    out_.append(tuple ? ")" : "]");
    if (view) out_.append(")");
  }

  void print(const Dict& dict) {
    out_.append("{");
    const char* separator = "";
    for (const auto& [key, value] : dict.entries) {
      out_.append(separator);
      repr(key_of(dict, key));
      out_.append(": ");
      repr(value);
      separator = ", ";
    }
    out_.append("}");
  }

  static std::string quoted(const std::string& text) {
    const bool doubled =
        text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
    const char quote = doubled ? '"' : '\'';
    std::string result(1, quote);
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint each = code_point_at(text, at);
      if (each.value == static_cast<unsigned char>(quote) || each.value == '\\') {
        result += '\\';
        append_utf8(result, each.value);
      } else if (each.value == '\n') {
        result += "\\n";
      } else if (each.value == '\r') {
        result += "\\r";
      } else if (each.value == '\t') {
        result += "\\t";
      } else if (!is_printable(each.value)) {
        result += escape(each.value);
      } else {
        append_utf8(result, each.value);
      }
      at += each.size;
    }
    return result + quote;
  }

  static std::string escape(char32_t value) {
    std::array<char, 16> buffer{};
    const char* format = value < 0x100U ? "\\x%02x" : value < 0x10000U ? "\\u%04x" : "\\U%08x";
    std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(value));
    return buffer.data();
  }

  Text out_;
  int depth_ = 0;
};

}  // namespace

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string text(buffer.data(), end);
  const auto e = text.find('e');
  const int exponent = std::stoi(text.substr(e + 1));
  // As repr() does: plain digits from 1e-4 up to 1e16.
  if (exponent < -4 || exponent >= 16) return text;
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c != '.' && c != '-') digits += c;
  }
  const std::string sign = value < 0 || std::signbit(value) ? "-" : "";
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  }
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

Text to_repr(const Value& value) {
  Printer printer;
  printer.repr(value);
  return printer.take();
}

Text to_text(const Value& value) {
  if (const Text* text = value.text()) return *text;
  if (value.is_undefined()) return {};
  return to_repr(value);
}

}  // namespace roux::jinja
