#include <algorithm>
#include <array>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/filter_tables.h"
#include "tokenizer/jinja/format.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/text_operations.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using A = const Arguments&;
using R = Runtime&;
using V = const Value&;

Value center(R runtime, V value, A arguments) {
  const Bound bound("center", arguments, {"width"});
  Arguments given{{Value(bound.integer(0, 80))}, {}};
  return find_method(text_of(runtime, value), "center")->call(runtime, given);
}

Value escape(R runtime, V value, A) {
  const Text text = text_of(runtime, value);
  std::string result;
  for (const char c : text.bytes) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&#34;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result == text.bytes ? text : text.made_into(std::move(result));
}

Value indent(R runtime, V value, A arguments) {
  const Bound bound("indent", arguments, {"width", "first", "blank"});
  const bool text_width = bound.find(0) != nullptr && bound.get(0).text() != nullptr;
  const std::int64_t width = text_width ? 0 : bound.integer(0, 4);
  if (width > 1'000) throw Failure("indent: 'width' must be at most 1000");
  const Text by =
      text_width
          ? bound.text(0)
          : Text{std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), ' '), {}};
  const std::vector<Value> lines = split_lines(
      [&] {
        Text text = text_of(runtime, value);
        text.append("\n");
        return text;
      }(),
      false);
  runtime.charge_text(lines.size() * (by.bytes.size() + 16));
  Text result;
  if (bound.truth(1, false)) result.append(by);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      result.append("\n");
      if (bound.truth(2, false) || !lines[i].text()->bytes.empty()) result.append(by);
    }
    result.append(*lines[i].text());
  }
  return result;
}

Value replace(R runtime, V value, A arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  Arguments given{{Value(to_text(bound.get(0))), Value(to_text(bound.get(1)))}, {}};
  if (bound.find(2) != nullptr && !bound.get(2).is_none()) given.positional.push_back(bound.get(2));
  return find_method(to_text(value), "replace")->call(runtime, given);
}

Value trim(R runtime, V value, A arguments) {
  const Bound bound("trim", arguments, {"chars"});
  Arguments given;
  if (bound.find(0) != nullptr) given.positional.push_back(bound.get(0));
  return find_method(text_of(runtime, value), "strip")->call(runtime, given);
}

Value truncate(R runtime, V value, A arguments) {
  const Bound bound("truncate", arguments, {"length", "killwords", "end", "leeway"});
  const Text text = text_of(runtime, value);
  const std::int64_t wanted = bound.integer(0, 255);
  const Text end = bound.find(2) == nullptr ? Text{"...", {}} : bound.text(2);
  const auto tail = static_cast<std::int64_t>(length_of(end.bytes));
  if (wanted < tail) throw Failure(cat("truncate: 'length' must be at least ", tail));
  if (static_cast<std::int64_t>(length_of(text.bytes)) <= wanted + bound.integer(3, 5)) return text;
  std::size_t cut = offset_of(text.bytes, static_cast<std::size_t>(wanted - tail));
  if (!bound.truth(1, false)) {
    const std::size_t space = std::string_view(text.bytes).substr(0, cut).rfind(' ');
    if (space != std::string::npos) cut = space;
  }
  Text result = text.slice(0, cut);
  result.append(end);
  return result;
}

Value wordcount(R runtime, V value, A) {
  std::int64_t words = 0;
  bool inside = false;
  const Text text = text_of(runtime, value);
  for (std::size_t at = 0; at < text.bytes.size();) {
    const CodePoint each = code_point_at(text.bytes, at);
    const bool word =
        is_alpha(each.value) || each.value == '_' || (each.value >= '0' && each.value <= '9');
    words += word && !inside ? 1 : 0;
    inside = word;
    at += each.size;
  }
  return words;
}

constexpr std::array kTextFilters = {
    Filter{"capitalize",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(capitalize(text.bytes));
           }},
    Filter{"center", center},
    Filter{"e", escape},
    Filter{"escape", escape},
    Filter{"format", [](R r, V v, A a) -> Value { return percent_format(r, to_text(v), a); }},
    Filter{"indent", indent},
    Filter{"lower",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(lower(text.bytes));
           }},
    Filter{"replace", replace},
    // Texts are never escaped, so there is nothing to keep from being escaped.
    Filter{"safe", [](R r, V v, A) -> Value { return text_of(r, v); }},
    Filter{"string", [](R r, V v, A) -> Value { return text_of(r, v); }},
    Filter{"title",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(titled(text.bytes, true));
           }},
    Filter{"trim", trim},
    Filter{"truncate", truncate},
    Filter{"upper",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(upper(text.bytes));
           }},
    Filter{"wordcount", wordcount},
};

}  // namespace

std::span<const Filter> text_filters() {
  return kTextFilters;
}

}  // namespace roux::jinja
