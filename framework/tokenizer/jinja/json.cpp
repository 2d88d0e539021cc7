#include "tokenizer/jinja/json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/json_parsing.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using Json = nlohmann::ordered_json;

Value value_of(const Json& json, std::string_view what, std::int32_t message) {
  switch (json.type()) {
    case Json::value_t::object: {
      Dict dict;
      dict.message = message;
      for (const auto& [key, value] : json.items()) {
        dict.entries.emplace_back(Value(key), value_of(value, what, message));
      }
      return make_dict(std::move(dict));
    }
    case Json::value_t::array: {
      std::vector<Value> items;
      for (const Json& each : json) items.push_back(value_of(each, what, message));
      Value list = make_list(std::move(items));
      list.list()->message = message;
      return list;
    }
    case Json::value_t::string: {
      Text text{json.get<std::string>(), {}};
      if (message != kNoMessage) text.mark_all(message);
      return text;
    }
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        throw DataError(cat(what, ": the integer ", json.dump(), " is beyond 64 bits"));
      }
      return json.get<std::int64_t>();
    case Json::value_t::number_integer:
      return json.get<std::int64_t>();
    case Json::value_t::number_float:
      return json.get<double>();
    default:
      return Value::None();
  }
}

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style) {}

  void write(const Value& value) {
    if (++depth_ > kMaxValueDepth + 10) throw Failure("a value that holds itself is no JSON");
    if (const Text* text = value.text()) {
      out_.append(text->made_into(quoted(text->bytes)));
    } else if (const List* list = value.list()) {
      write(*list, value);
    } else if (const Dict* dict = value.dict()) {
      write(*dict);
    } else {
      out_.append(scalar(value));
    }
    --depth_;
  }

  Text take() { return std::move(out_); }

 private:
  [[noreturn]] static void fail(const Value& value) {
    throw Failure(cat("a value of type '", type_name(value), "' is no JSON"));
  }

  static std::string scalar(const Value& value) {
    if (value.is_none()) return "null";
    if (value.is_bool()) return is_true(value) ? "true" : "false";
    if (value.is_integer()) return std::to_string(value.integer());
    if (!value.is_float()) fail(value);
    const double number = value.number();
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    return float_repr(number);
  }

  void write(const List& list, const Value& value) {
    if (list.kind != List::Kind::List && list.kind != List::Kind::Tuple) fail(value);
    nested('[', ']', list.message, list.items, [&](const Value& each) { write(each); });
  }

  void write(const Dict& dict) {
    auto entries = dict.entries;
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto& a, const auto& b) { return less(a.first, b.first); });
    }
    nested('{', '}', dict.message, entries, [&](const auto& entry) {
      const Text* key = entry.first.text();
      out_.append(key == nullptr ? Text{"\"" + scalar(entry.first) + "\"", {}}
                                 : key->made_into(quoted(key->bytes)));
      out_.append(style_.key_separator);
      write(entry.second);
    });
  }

  template <typename Items, typename Write>
  void nested(char open, char close, std::int32_t message, const Items& items, const Write& each) {
    const std::size_t start = out_.bytes.size();
    out_.bytes += open;
    const auto line = [&](int level) {
      if (!style_.indented || items.empty()) return;
      out_.bytes += '\n';
      for (int i = 0; i < level; ++i) out_.bytes += style_.indent;
    };
    ++level_;
    const char* separator = "";
    for (const auto& item : items) {
      out_.append(separator);
      line(level_);
      each(item);
      separator = style_.item_separator.c_str();
    }
    --level_;
    line(level_);
    out_.bytes += close;
    if (message != kNoMessage) {
      std::erase_if(out_.marks, [&](const Mark& mark) { return mark.begin >= start; });
      out_.marks.push_back({start, out_.bytes.size(), message, false});
    }
  }

  std::string quoted(std::string_view text) const {
    std::string result = "\"";
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint each = code_point_at(text, at);
      constexpr std::string_view kSpecial = "\"\\\n\r\t\b\f";
      constexpr std::string_view kLetters = "\"\\nrtbf";
      const auto found = each.value < 0x80U ? kSpecial.find(static_cast<char>(each.value))
                                            : std::string_view::npos;
      if (found != std::string_view::npos) {
        result += '\\';
        result += kLetters[found];
      } else if (each.value < 0x20U ||
                 (style_.ascii && each.value >= 0x7FU && each.value < 0x110000U)) {
        escape(result, each.value);
      } else {
        append_utf8(result, each.value);
      }
      at += each.size;
    }
    return result + '"';
  }

  static void escape(std::string& out, char32_t value) {
    if (value == 0x7FU) {
      out += '\x7F';
      return;
    }
    if (value >= 0x10000U) {
      escape(out, 0xD800U + ((value - 0x10000U) >> 10U));
      escape(out, 0xDC00U + ((value - 0x10000U) & 0x3FFU));
      return;
    }
    std::array<char, 8> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(value));
    out += buffer.data();
  }

  const JsonStyle& style_;
  Text out_;
  int depth_ = 0;
  int level_ = 0;
};

}  // namespace

Value parse_json(std::string_view json, std::string_view what, std::int32_t message) {
  try {
    return value_of(Json::parse(json.begin(), json.end(), JsonDepth(what)), what, message);
  } catch (const Json::exception& error) {
    throw DataError(cat(what, ": ", json_problem(error)));
  }
}

Text to_json(const Value& value, const JsonStyle& style) {
  Writer writer(style);
  writer.write(value);
  return writer.take();
}

}  // namespace roux::jinja
