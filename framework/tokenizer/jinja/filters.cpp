#include "tokenizer/jinja/filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/format.h"
#include "tokenizer/jinja/json.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/tests.h"
#include "tokenizer/jinja/text_operations.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using A = const Arguments&;
using R = Runtime&;
using V = const Value&;

Value stream(std::vector<Value> items) {
  return make_list(std::move(items), List::Kind::Stream, "generator");
}

std::vector<Value> items_of(R runtime, V value) {
  std::vector<Value> items = iterate(value);
  runtime.charge(items.size());
  return items;
}

// A text, with what it costs to walk through it paid.
Text text_of(R runtime, V value) {
  Text text = to_text(value);
  runtime.charge_text(text.bytes.size());
  return text;
}

// "a.b.0" of each: what attribute="…" names.
Value attribute_of(R runtime, V value, V path) {
  if (path.is_integer()) return item_of(runtime, value, path);
  static const Text kDot{".", {}};
  const Text text = to_text(path);
  Value found = value;
  for (const Value& part : split_text(text, &kDot, -1)) {
    const std::string& name = part.text()->bytes;
    const bool number = !name.empty() && std::all_of(name.begin(), name.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    if (number && name.size() < 10) {
      found = item_of(runtime, found, std::int64_t{std::stoi(name)});
    } else {
      found = item_of(runtime, found, part);
    }
  }
  return found;
}

Value abs(R runtime, V value, A) {
  if (value.is_float()) return std::abs(value.number());
  if (!value.is_integer()) throw Failure("abs is for numbers");
  return value.integer() < 0 ? operate(runtime, "-", std::int64_t{0}, value)
                             : Value(value.integer());
}

Value attr(R runtime, V value, A arguments) {
  const Bound bound("attr", arguments, {"name"}, 1);
  const std::string& name = bound.text(0).bytes;
  // A member, and never a key.
  if (value.dict() == nullptr) return member_of(runtime, value, name);
  auto method = find_method(value, name);
  if (method == nullptr)
    return Value::undefined(cat("'dict object' has no attribute '", name, "'"));
  return Value(std::move(method));
}

Value batch(R runtime, V value, A arguments) {
  const Bound bound("batch", arguments, {"linecount", "fill_with"}, 1);
  const std::int64_t size = bound.integer(0, 1);
  if (size < 1 || size > 100'000) throw Failure("batch needs a size from 1 to 100000");
  std::vector<Value> all;
  std::vector<Value> now;
  for (const Value& each : items_of(runtime, value)) {
    if (static_cast<std::int64_t>(now.size()) == size)
      all.push_back(make_list(std::exchange(now, {})));
    now.push_back(each);
  }
  if (!now.empty()) {
    if (bound.find(1) != nullptr && !bound.get(1).is_none()) {
      runtime.charge(static_cast<std::size_t>(size));
      now.resize(static_cast<std::size_t>(size), bound.get(1));
    }
    all.push_back(make_list(std::move(now)));
  }
  return stream(std::move(all));
}

Value center(R runtime, V value, A arguments) {
  const Bound bound("center", arguments, {"width"});
  Arguments given{{Value(bound.integer(0, 80))}, {}};
  return find_method(text_of(runtime, value), "center")->call(runtime, given);
}

Value otherwise(R, V value, A arguments) {
  const Bound bound("default", arguments, {"default_value", "boolean"});
  const bool replaced = value.is_undefined() || (bound.truth(1, false) && !is_true(value));
  if (!replaced) return value;
  return bound.find(0) == nullptr ? Value("") : bound.get(0);
}

// Texts in lower case compare without regard to case, as Jinja's do by default.
Value without_case(V value) {
  return value.text() == nullptr ? value : Value(Text{lower(value.text()->bytes), {}});
}

void sort_by(R runtime, std::vector<Value>& items, bool case_sensitive, bool reverse,
             const std::function<Value(V)>& part) {
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& each : items) {
    Value key = part(each);
    if (!case_sensitive) key = without_case(key);
    keyed.emplace_back(std::move(key), std::move(each));
  }
  runtime.charge(keyed.size() * 20);
  const auto before = [&](const auto& a, const auto& b) {
    return reverse ? less(b.first, a.first) : less(a.first, b.first);
  };
  std::stable_sort(keyed.begin(), keyed.end(), before);
  for (std::size_t i = 0; i < keyed.size(); ++i) items[i] = std::move(keyed[i].second);
}

Value dictsort(R runtime, V value, A arguments) {
  const Bound bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  if (value.dict() == nullptr) throw Failure("dictsort is for dicts");
  const std::string by = bound.find(1) == nullptr ? "key" : bound.text(1).bytes;
  if (by != "key" && by != "value") {
    throw Failure(cat("dictsort: 'by' must be \"key\" or \"value\", but is \"", by, "\""));
  }
  std::vector<Value> items;
  for (const auto& [key, each] : value.dict()->entries) {
    items.push_back(make_list({key_of(*value.dict(), key), each}, List::Kind::Tuple));
  }
  sort_by(runtime, items, bound.truth(0, false), bound.truth(2, false),
          [&](V each) { return each.list()->items[by == "key" ? 0 : 1]; });
  return make_list(std::move(items));
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

Value first(R runtime, V value, A) {
  std::vector<Value> items = items_of(runtime, value);
  return items.empty() ? Value::undefined("no first item, sequence was empty")
                       : std::move(items.front());
}

Value last(R runtime, V value, A) {
  std::vector<Value> items = items_of(runtime, value);
  return items.empty() ? Value::undefined("no last item, sequence was empty")
                       : std::move(items.back());
}

// As float() reads a text; nullopt if it does not.
std::optional<double> read_float(std::string_view text) {
  text = strip_left(strip_right(text));
  const bool plus = text.starts_with('+') && !text.starts_with("+-");
  if (plus) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view text, std::int64_t base) {
  text = strip_left(strip_right(text));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto prefix = text.substr(0, 2);
  if ((base == 16 && (prefix == "0x" || prefix == "0X")) ||
      (base == 8 && (prefix == "0o" || prefix == "0O")) ||
      (base == 2 && (prefix == "0b" || prefix == "0B"))) {
    text.remove_prefix(2);
  }
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, static_cast<int>(base));
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

Value to_float(R, V value, A arguments) {
  const Bound bound("float", arguments, {"default"});
  if (value.is_number()) return value.number();
  if (value.text() != nullptr) {
    if (const auto number = read_float(value.text()->bytes)) return *number;
  }
  return bound.find(0) == nullptr ? Value(0.0) : bound.get(0);
}

Value to_int(R, V value, A arguments) {
  const Bound bound("int", arguments, {"default", "base"});
  const Value fallback = bound.find(0) == nullptr ? Value(std::int64_t{0}) : bound.get(0);
  const std::int64_t base = bound.integer(1, 10);
  if (base < 2 || base > 36) throw Failure("the base of an integer must be from 2 to 36");
  if (value.is_integer()) return value.integer();
  std::optional<double> number;
  if (value.is_float()) number = value.number();
  if (const Text* text = value.text()) {
    if (const auto integer = read_integer(text->bytes, base)) return *integer;
    number = read_float(text->bytes);
  }
  if (!number || !(std::abs(*number) < 9e18)) return fallback;
  return static_cast<std::int64_t>(*number);
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

Value items(R runtime, V value, A) {
  if (value.is_undefined()) return stream({});
  if (value.dict() == nullptr) {
    throw Failure(cat("items is for dicts, not for a value of type '", type_name(value), "'"));
  }
  Arguments nothing;
  return stream(items_of(runtime, find_method(value, "items")->call(runtime, nothing)));
}

Value join(R runtime, V value, A arguments) {
  const Bound bound("join", arguments, {"d", "attribute"});
  const Text separator = bound.find(0) == nullptr ? Text() : to_text(bound.get(0));
  Text result;
  bool first_one = true;
  for (const Value& each : items_of(runtime, value)) {
    if (!first_one) result.append(separator);
    first_one = false;
    const bool by_attribute = bound.find(1) != nullptr && !bound.get(1).is_none();
    const Text text = to_text(by_attribute ? attribute_of(runtime, each, bound.get(1)) : each);
    result.append(text);
    runtime.charge((text.bytes.size() + separator.bytes.size()) / 16);
    if (result.bytes.size() > (1U << 20U)) runtime.charge_text(result.bytes.size() / 64);
    if (result.bytes.size() > (32U << 20U)) runtime.charge_text(result.bytes.size());
  }
  return result;
}

Value length(R runtime, V value, A) {
  if (value.text() != nullptr) runtime.charge(value.text()->bytes.size() / 64);
  return size_of(value);
}

Value list(R runtime, V value, A) {
  return make_list(items_of(runtime, value));
}

// What map, select and their kin apply: a filter or a test by its name.
Arguments rest_of(A arguments, std::size_t from) {
  Arguments rest;
  if (arguments.positional.size() > from) {
    rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(from),
                           arguments.positional.end());
  }
  rest.named = arguments.named;
  return rest;
}

const Value* named(A arguments, std::string_view name) {
  for (const auto& [each, value] : arguments.named) {
    if (each == name) return &value;
  }
  return nullptr;
}

Value map(R runtime, V value, A arguments) {
  std::vector<Value> results;
  const Value* path = named(arguments, "attribute");
  if (arguments.positional.empty() && path != nullptr) {
    const Value* fallback = named(arguments, "default");
    for (const Value& each : items_of(runtime, value)) {
      Value found = attribute_of(runtime, each, *path);
      results.push_back(found.is_undefined() && fallback != nullptr ? *fallback : std::move(found));
    }
    return stream(std::move(results));
  }
  if (arguments.positional.empty() || arguments.positional[0].text() == nullptr) {
    throw Failure("map needs the name of a filter, or an attribute");
  }
  const std::string& name = arguments.positional[0].text()->bytes;
  const Filter* filter = find_filter(name);
  if (filter == nullptr) throw Failure(cat("there is no filter '", name, "'"));
  const Arguments rest = rest_of(arguments, 1);
  for (const Value& each : items_of(runtime, value)) {
    runtime.charge(1);
    results.push_back(filter->apply(runtime, each, rest));
  }
  return stream(std::move(results));
}

Value choose(R runtime, V value, A arguments, bool by_attribute, bool wanted) {
  std::size_t at = 0;
  const Value* path = nullptr;
  if (by_attribute) {
    if (arguments.positional.empty()) throw Failure("selectattr needs the name of an attribute");
    path = &arguments.positional[at++];
  }
  const Test* test = nullptr;
  if (arguments.positional.size() > at) {
    const std::string name = to_text(arguments.positional[at++]).bytes;
    test = find_test(name);
    if (test == nullptr) throw Failure(cat("there is no test '", name, "'"));
  }
  const Arguments rest = rest_of(arguments, at);
  std::vector<Value> chosen;
  for (const Value& each : items_of(runtime, value)) {
    runtime.charge(1);
    const Value part = path == nullptr ? each : attribute_of(runtime, each, *path);
    const bool holds = test == nullptr ? is_true(part) : test->holds(runtime, part, rest);
    if (holds == wanted) chosen.push_back(each);
  }
  return stream(std::move(chosen));
}

Value extreme(R runtime, V value, A arguments, bool largest) {
  const Bound bound(largest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  const std::vector<Value> all = items_of(runtime, value);
  if (all.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  const auto key = [&](V each) {
    const Value part = bound.find(1) == nullptr || bound.get(1).is_none()
                           ? each
                           : attribute_of(runtime, each, bound.get(1));
    return bound.truth(0, false) ? part : without_case(part);
  };
  const Value* best = &all.front();
  Value best_key = key(all.front());
  for (const Value& each : all) {
    Value next = key(each);
    if (largest ? less(best_key, next) : less(next, best_key)) {
      best = &each;
      best_key = std::move(next);
    }
  }
  return *best;
}

Value replace(R runtime, V value, A arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  Arguments given{{Value(to_text(bound.get(0))), Value(to_text(bound.get(1)))}, {}};
  if (bound.find(2) != nullptr && !bound.get(2).is_none()) given.positional.push_back(bound.get(2));
  return find_method(to_text(value), "replace")->call(runtime, given);
}

Value reverse(R runtime, V value, A) {
  if (value.text() != nullptr) {
    return slice_of(runtime, value, Value::None(), Value::None(), std::int64_t{-1});
  }
  std::vector<Value> all = items_of(runtime, value);
  std::reverse(all.begin(), all.end());
  return make_list(std::move(all), List::Kind::Stream, "list_reverseiterator");
}

Value round(R, V value, A arguments) {
  const Bound bound("round", arguments, {"precision", "method"});
  const std::int64_t precision = bound.integer(0, 0);
  const std::string method = bound.find(1) == nullptr ? "common" : bound.text(1).bytes;
  if (!value.is_number()) throw Failure("round is for numbers");
  if (precision < -300 || precision > 300)
    throw Failure("round: 'precision' must be from -300 to 300");
  const double scale = std::pow(10.0, static_cast<double>(precision));
  if (method == "ceil") return std::ceil(value.number() * scale) / scale;
  if (method == "floor") return std::floor(value.number() * scale) / scale;
  if (method != "common") {
    throw Failure(cat("round: 'method' must be common, ceil or floor, but is ", method));
  }
  if (value.is_integer() && precision >= 0) return value;
  if (precision < 0) {
    const double rounded = std::nearbyint(value.number() * scale) / scale;
    if (value.is_integer()) return static_cast<std::int64_t>(std::nearbyint(rounded));
    return rounded;
  }
  // As Python does: by the decimal digits, not by a product that is rounded already.
  std::array<char, 700> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.number(),
                                 std::chars_format::fixed, static_cast<int>(precision))
                       .ptr;
  double result = value.number();
  std::from_chars(buffer.data(), end, result);
  return result;
}

Value sort(R runtime, V value, A arguments) {
  const Bound bound("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<Value> all = items_of(runtime, value);
  sort_by(runtime, all, bound.truth(1, false), bound.truth(0, false), [&](V each) -> Value {
    if (bound.find(2) == nullptr || bound.get(2).is_none()) return each;
    if (bound.get(2).text() == nullptr || bound.text(2).bytes.find(',') == std::string::npos) {
      return attribute_of(runtime, each, bound.get(2));
    }
    std::vector<Value> parts;
    const Text comma{",", {}};
    for (const Value& path : split_text(bound.text(2), &comma, -1)) {
      parts.push_back(without_case(attribute_of(runtime, each, path)));
    }
    return make_list(std::move(parts));
  });
  return make_list(std::move(all));
}

Value sum(R runtime, V value, A arguments) {
  const Bound bound("sum", arguments, {"attribute", "start"});
  Value total = bound.find(1) == nullptr ? Value(std::int64_t{0}) : bound.get(1);
  for (const Value& each : items_of(runtime, value)) {
    const bool whole = bound.find(0) == nullptr || bound.get(0).is_none();
    total = operate(runtime, "+", total, whole ? each : attribute_of(runtime, each, bound.get(0)));
  }
  return total;
}

Value tojson(R runtime, V value, A arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = bound.truth(0, false);
  style.sort_keys = bound.truth(3, false);
  if (bound.find(1) != nullptr && !bound.get(1).is_none()) {
    style.indented = true;
    style.item_separator = ",";
    if (bound.get(1).text() != nullptr) {
      style.indent = bound.text(1).bytes;
    } else {
      const std::int64_t width = bound.integer(1, 0);
      if (width > 100) throw Failure("tojson: 'indent' must be at most 100");
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), ' ');
    }
  }
  if (bound.find(2) != nullptr && !bound.get(2).is_none()) {
    const std::vector<Value> both = iterate(bound.get(2));
    if (both.size() != 2) throw Failure("tojson: 'separators' must be two texts");
    style.item_separator = to_text(both[0]).bytes;
    style.key_separator = to_text(both[1]).bytes;
  }
  Text text = to_json(value, style);
  runtime.charge_text(text.bytes.size());
  return text;
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

Value unique(R runtime, V value, A arguments) {
  const Bound bound("unique", arguments, {"case_sensitive", "attribute"});
  std::vector<Value> seen;
  std::vector<Value> results;
  for (const Value& each : items_of(runtime, value)) {
    const bool whole = bound.find(1) == nullptr || bound.get(1).is_none();
    Value key = whole ? each : attribute_of(runtime, each, bound.get(1));
    if (!bound.truth(0, false)) key = without_case(key);
    runtime.charge(seen.size());
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&](V old) { return equal(old, key); });
    if (known) continue;
    seen.push_back(std::move(key));
    results.push_back(each);
  }
  return stream(std::move(results));
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

constexpr std::array kFilters = {
    Filter{"abs", abs},
    Filter{"attr", attr},
    Filter{"batch", batch},
    Filter{"capitalize",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(capitalize(text.bytes));
           }},
    Filter{"center", center},
    Filter{"count", length},
    Filter{"d", otherwise},
    Filter{"default", otherwise},
    Filter{"dictsort", dictsort},
    Filter{"e", escape},
    Filter{"escape", escape},
    Filter{"first", first},
    Filter{"float", to_float},
    Filter{"format", [](R r, V v, A a) -> Value { return percent_format(r, to_text(v), a); }},
    Filter{"indent", indent},
    Filter{"int", to_int},
    Filter{"items", items},
    Filter{"join", join},
    Filter{"last", last},
    Filter{"length", length},
    Filter{"list", list},
    Filter{"lower",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(lower(text.bytes));
           }},
    Filter{"map", map},
    Filter{"max", [](R r, V v, A a) { return extreme(r, v, a, true); }},
    Filter{"min", [](R r, V v, A a) { return extreme(r, v, a, false); }},
    Filter{"reject", [](R r, V v, A a) { return choose(r, v, a, false, false); }},
    Filter{"rejectattr", [](R r, V v, A a) { return choose(r, v, a, true, false); }},
    Filter{"replace", replace},
    Filter{"reverse", reverse},
    Filter{"round", round},
    // Texts are never escaped, so there is nothing to keep from being escaped.
    Filter{"safe", [](R r, V v, A) -> Value { return text_of(r, v); }},
    Filter{"select", [](R r, V v, A a) { return choose(r, v, a, false, true); }},
    Filter{"selectattr", [](R r, V v, A a) { return choose(r, v, a, true, true); }},
    Filter{"sort", sort},
    Filter{"string", [](R r, V v, A) -> Value { return text_of(r, v); }},
    Filter{"sum", sum},
    Filter{"title",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(titled(text.bytes, true));
           }},
    Filter{"tojson", tojson},
    Filter{"trim", trim},
    Filter{"truncate", truncate},
    Filter{"unique", unique},
    Filter{"upper",
           [](R r, V v, A) -> Value {
             const Text text = text_of(r, v);
             return text.made_into(upper(text.bytes));
           }},
    Filter{"wordcount", wordcount},
};

}  // namespace

const Filter* find_filter(std::string_view name) {
  for (const Filter& each : kFilters) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace roux::jinja
