// The methods of Python's str, dict and list that a sandboxed template may call: none changes what
// it is called on.
#include <algorithm>
#include <array>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/format.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/text_operations.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

struct TextMethod {
  std::string_view name;
  Value (*call)(Runtime&, const Text&, const Arguments&);
};

Value strip(const Text& text, const Arguments& arguments, bool left, bool right) {
  const Bound bound("strip()", arguments, {"chars"});
  const Text* given = bound.find_text(0);
  // Nothing to strip is not the same as white space to strip.
  if (given != nullptr && given->bytes.empty()) return text;
  const std::string_view characters = given == nullptr ? std::string_view() : given->bytes;
  std::string_view rest = text.bytes;
  if (left) rest = strip_left(rest, characters);
  if (right) rest = strip_right(rest, characters);
  return text.slice(rest);
}

bool matches_any(const Arguments& arguments, const char* name,
                 bool (*matches)(std::string_view, std::string_view), const Text& text) {
  const Bound bound(name, arguments, {"prefix", "start", "end"}, 1);
  if (bound.find(1) != nullptr || bound.find(2) != nullptr) {
    throw Failure(cat(name, " with a start or an end is not supported"));
  }
  const List* several = bound.get(0).list();
  if (several == nullptr || several->kind != List::Kind::Tuple) {
    return matches(text.bytes, bound.text(0).bytes);
  }
  return std::any_of(several->items.begin(), several->items.end(), [&](const Value& each) {
    if (each.text() == nullptr) throw Failure(cat(name, " of a tuple takes texts only"));
    return matches(text.bytes, each.text()->bytes);
  });
}

Value split(const Text& text, const Arguments& arguments, bool from_right) {
  const Bound bound("split()", arguments, {"sep", "maxsplit"});
  const Text* separator = bound.find_text(0);
  const std::int64_t count = bound.integer(1, -1);
  return make_list(from_right ? split_text_from_right(text, separator, count)
                              : split_text(text, separator, count));
}

Value partition(const Text& text, const Arguments& arguments, bool from_right) {
  const Bound bound("partition()", arguments, {"sep"}, 1);
  const std::string& separator = bound.text(0).bytes;
  if (separator.empty()) throw Failure("an empty separator");
  const std::size_t at = from_right ? text.bytes.rfind(separator) : text.bytes.find(separator);
  if (at == std::string::npos) {
    if (from_right) return make_list({"", "", text}, List::Kind::Tuple);
    return make_list({text, "", ""}, List::Kind::Tuple);
  }
  return make_list({text.slice(0, at), text.slice(at, at + separator.size()),
                    text.slice(at + separator.size(), text.bytes.size())},
                   List::Kind::Tuple);
}

// The number of the character where it is found, or -1.
std::int64_t find(const Text& text, const Arguments& arguments, bool from_right) {
  const Bound bound("find()", arguments, {"sub", "start", "end"}, 1);
  if (bound.find(2) != nullptr) throw Failure("find() with an end is not supported");
  const std::int64_t start = bound.integer(1, 0);
  const auto size = static_cast<std::int64_t>(length_of(text.bytes));
  const std::int64_t first = start < 0 ? std::max<std::int64_t>(0, start + size) : start;
  if (first > size) return -1;
  const std::size_t offset = offset_of(text.bytes, static_cast<std::size_t>(first));
  const std::string_view rest = std::string_view(text.bytes).substr(offset);
  const std::size_t at =
      from_right ? rest.rfind(bound.text(0).bytes) : rest.find(bound.text(0).bytes);
  if (at == std::string_view::npos) return -1;
  return static_cast<std::int64_t>(length_of(std::string_view(text.bytes).substr(0, offset + at)));
}

std::int64_t count(const Text& text, const Arguments& arguments) {
  const Bound bound("count()", arguments, {"sub"}, 1);
  const std::string& part = bound.text(0).bytes;
  if (part.empty()) return static_cast<std::int64_t>(length_of(text.bytes)) + 1;
  std::int64_t found = 0;
  for (std::size_t at = text.bytes.find(part); at != std::string::npos;
       at = text.bytes.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

Value join(Runtime& runtime, const Text& separator, const Arguments& arguments) {
  const Bound bound("join()", arguments, {"iterable"}, 1);
  Text result;
  bool first = true;
  for (const Value& each : iterate(bound.get(0))) {
    if (each.text() == nullptr) {
      throw Failure(
          cat("join() takes texts only, but is given a value of type '", type_name(each), "'"));
    }
    if (!first) result.append(separator);
    result.append(*each.text());
    first = false;
    runtime.charge(1 + (separator.bytes.size() + each.text()->bytes.size()) / 16);
    if (result.bytes.size() > (1U << 20U)) runtime.charge_text(result.bytes.size());
  }
  return result;
}

bool all_of(const Text& text, bool (*is)(char32_t)) {
  if (text.bytes.empty()) return false;
  for (std::size_t at = 0; at < text.bytes.size();) {
    const CodePoint each = code_point_at(text.bytes, at);
    if (!is(each.value)) return false;
    at += each.size;
  }
  return true;
}

bool is_digit(char32_t value) {
  return value >= '0' && value <= '9';
}

bool has_case(const Text& text, bool upper_case) {
  const std::string other = upper_case ? upper(text.bytes) : lower(text.bytes);
  return other == text.bytes && (upper_case ? lower(text.bytes) : upper(text.bytes)) != text.bytes;
}

Text swapped(const Text& text) {
  std::string result;
  for (std::size_t at = 0; at < text.bytes.size();) {
    const CodePoint each = code_point_at(text.bytes, at);
    const char32_t up = to_upper(each.value);
    append_utf8(result, up == each.value ? to_lower(each.value) : up);
    at += each.size;
  }
  return text.made_into(std::move(result));
}

// align: '<' ljust, '>' rjust, '^' center, '0' zfill.
Value justify(Runtime& runtime, const Text& text, const Arguments& arguments, char align) {
  const Bound bound("the method", arguments, {"width", "fillchar"}, 1);
  const std::int64_t width = bound.integer(0, 0);
  const auto size = static_cast<std::int64_t>(length_of(text.bytes));
  if (width <= size) return text;
  if (width > (std::int64_t{1} << 32)) throw Failure("a text would become too long");
  const auto missing = static_cast<std::size_t>(width - size);
  const Text* given = bound.find_text(1);
  const std::string fill = align == '0' ? "0" : given == nullptr ? " " : given->bytes;
  if (length_of(fill) != 1) throw Failure("the fill character must be one character");
  runtime.charge_text(missing * fill.size());
  // As CPython's center(): an odd one goes to the left if the width is odd.
  const std::size_t left = align == '<' ? 0
                           : align == '^'
                               ? missing / 2 + (missing & static_cast<std::size_t>(width) & 1U)
                               : missing;
  Text result;
  const bool signed_number =
      align == '0' && !text.bytes.empty() && (text.bytes[0] == '-' || text.bytes[0] == '+');
  if (signed_number) result.append(text.slice(0, 1));
  for (std::size_t i = 0; i < left; ++i) result.append(fill);
  result.append(text.slice(signed_number ? 1 : 0, text.bytes.size()));
  for (std::size_t i = left; i < missing; ++i) result.append(fill);
  return result;
}

Value without(const Text& text, const Arguments& arguments, bool suffix) {
  const Bound bound("the method", arguments, {"affix"}, 1);
  const std::string& part = bound.text(0).bytes;
  if (part.empty()) return text;
  if (suffix && text.bytes.ends_with(part)) return text.slice(0, text.bytes.size() - part.size());
  if (!suffix && text.bytes.starts_with(part)) return text.slice(part.size(), text.bytes.size());
  return text;
}

using A = const Arguments&;

// No argument is taken.
void none(A arguments) {
  const Bound bound("the method", arguments, {});
}

constexpr std::array kTextMethods = {
    TextMethod{"strip", [](Runtime&, const Text& t, A a) { return strip(t, a, true, true); }},
    TextMethod{"lstrip", [](Runtime&, const Text& t, A a) { return strip(t, a, true, false); }},
    TextMethod{"rstrip", [](Runtime&, const Text& t, A a) { return strip(t, a, false, true); }},
    TextMethod{"startswith",
               [](Runtime&, const Text& t, A a) -> Value {
                 return matches_any(
                     a, "startswith()",
                     [](std::string_view x, std::string_view y) { return x.starts_with(y); }, t);
               }},
    TextMethod{"endswith",
               [](Runtime&, const Text& t, A a) -> Value {
                 return matches_any(
                     a, "endswith()",
                     [](std::string_view x, std::string_view y) { return x.ends_with(y); }, t);
               }},
    TextMethod{"split", [](Runtime&, const Text& t, A a) { return split(t, a, false); }},
    TextMethod{"rsplit", [](Runtime&, const Text& t, A a) { return split(t, a, true); }},
    TextMethod{"splitlines",
               [](Runtime&, const Text& t, A a) {
                 const Bound bound("splitlines()", a, {"keepends"});
                 return make_list(split_lines(t, bound.truth(0, false)));
               }},
    TextMethod{"partition", [](Runtime&, const Text& t, A a) { return partition(t, a, false); }},
    TextMethod{"rpartition", [](Runtime&, const Text& t, A a) { return partition(t, a, true); }},
    TextMethod{"replace",
               [](Runtime& runtime, const Text& t, A a) -> Value {
                 const Bound bound("replace()", a, {"old", "new", "count"}, 2);
                 // How often it is found bounds the size, whatever the count.
                 const auto found = static_cast<std::size_t>(count(t, {{bound.get(0)}, {}}));
                 runtime.charge_text(t.bytes.size() + found * bound.text(1).bytes.size());
                 return replace_all(t, bound.text(0), bound.text(1), bound.integer(2, -1));
               }},
    TextMethod{"upper", [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), t.made_into(upper(t.bytes));
               }},
    TextMethod{"lower", [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), t.made_into(lower(t.bytes));
               }},
    TextMethod{"casefold", [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), t.made_into(lower(t.bytes));
               }},
    TextMethod{"capitalize", [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), t.made_into(capitalize(t.bytes));
               }},
    TextMethod{"title", [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), t.made_into(titled(t.bytes, false));
               }},
    TextMethod{"swapcase",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), swapped(t); }},
    TextMethod{"format", [](Runtime& r, const Text& t, A a) -> Value { return brace_format(r, t, a); }},
    TextMethod{"find", [](Runtime&, const Text& t, A a) -> Value { return find(t, a, false); }},
    TextMethod{"rfind", [](Runtime&, const Text& t, A a) -> Value { return find(t, a, true); }},
    TextMethod{"index",
               [](Runtime&, const Text& t, A a) -> Value {
                 const std::int64_t found = find(t, a, false);
                 if (found < 0) throw Failure("index() of a text that is not in it");
                 return found;
               }},
    TextMethod{"count", [](Runtime&, const Text& t, A a) -> Value { return count(t, a); }},
    TextMethod{"join", [](Runtime& r, const Text& t, A a) { return join(r, t, a); }},
    TextMethod{"isdigit",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), all_of(t, is_digit); }},
    TextMethod{"isdecimal",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), all_of(t, is_digit); }},
    TextMethod{"isnumeric",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), all_of(t, is_digit); }},
    TextMethod{"isalpha",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), all_of(t, is_alpha); }},
    TextMethod{"isalnum",
               [](Runtime&, const Text& t, A a) -> Value {
                 return none(a), all_of(t, [](char32_t c) { return is_alpha(c) || is_digit(c); });
               }},
    TextMethod{"isspace",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), all_of(t, is_space); }},
    TextMethod{"isupper",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), has_case(t, true); }},
    TextMethod{"islower",
               [](Runtime&, const Text& t, A a) -> Value { return none(a), has_case(t, false); }},
    TextMethod{"center", [](Runtime& r, const Text& t, A a) { return justify(r, t, a, '^'); }},
    TextMethod{"ljust", [](Runtime& r, const Text& t, A a) { return justify(r, t, a, '<'); }},
    TextMethod{"rjust", [](Runtime& r, const Text& t, A a) { return justify(r, t, a, '>'); }},
    TextMethod{"zfill", [](Runtime& r, const Text& t, A a) { return justify(r, t, a, '0'); }},
    TextMethod{"removeprefix", [](Runtime&, const Text& t, A a) { return without(t, a, false); }},
    TextMethod{"removesuffix", [](Runtime&, const Text& t, A a) { return without(t, a, true); }},
};

using Method = std::function<Value(Runtime&, Arguments&)>;

Method text_method(const Value& object, std::string_view name) {
  for (const TextMethod& each : kTextMethods) {
    if (each.name != name) continue;
    return [object, call = each.call](Runtime& runtime, Arguments& arguments) {
      runtime.charge_text(object.text()->bytes.size());
      Value result = call(runtime, *object.text(), arguments);
      if (result.list() != nullptr) runtime.charge(result.list()->items.size());
      return result;
    };
  }
  return nullptr;
}

Value entries_of(const Dict& dict, bool keys, bool values, const char* name) {
  std::vector<Value> items;
  for (const auto& [key, value] : dict.entries) {
    if (keys && values) {
      items.push_back(make_list({key_of(dict, key), value}, List::Kind::Tuple));
    } else {
      items.push_back(keys ? key_of(dict, key) : value);
    }
  }
  return make_list(std::move(items), List::Kind::View, name);
}

Method dict_method(const Value& object, std::string_view name) {
  if (name == "get") {
    return [object](Runtime& runtime, Arguments& arguments) -> Value {
      const Bound bound("get()", arguments, {"key", "default"}, 1);
      runtime.charge(object.dict()->entries.size() / 8);
      if (const Value* found = object.dict()->find(bound.get(0))) return *found;
      return bound.find(1) == nullptr ? Value(Value::None()) : bound.get(1);
    };
  }
  if (name == "copy") return [object](Runtime&, Arguments&) { return object; };
  const bool items = name == "items";
  if (!items && name != "keys" && name != "values") return nullptr;
  return [object, items, keys = name == "keys"](Runtime& runtime, Arguments& arguments) {
    none(arguments);
    runtime.charge(object.dict()->entries.size());
    return entries_of(*object.dict(), items || keys, items || !keys,
                      items  ? "dict_items"
                      : keys ? "dict_keys"
                             : "dict_values");
  };
}

Method list_method(const Value& object, std::string_view name) {
  if (name != "index" && name != "count") return nullptr;
  return [object, counts = name == "count"](Runtime& runtime, Arguments& arguments) -> Value {
    const Bound bound("the method", arguments, {"value"}, 1);
    const std::vector<Value>& items = object.list()->items;
    runtime.charge(items.size());
    std::int64_t found = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!equal(items[i], bound.get(0))) continue;
      if (!counts) return Value::of_size(i);
      ++found;
    }
    if (!counts) throw Failure("index() of a value that is not in the list");
    return found;
  };
}

Method loop_method(const Value& object, std::string_view name) {
  if (name == "cycle") {
    return [object](Runtime&, Arguments& arguments) {
      if (arguments.positional.empty()) throw Failure("cycle() needs something to cycle through");
      return arguments.positional[object.loop()->index % arguments.positional.size()];
    };
  }
  if (name != "changed") return nullptr;
  return [object](Runtime& runtime, Arguments& arguments) -> Value {
    std::string given;
    for (const Value& each : arguments.positional) given += to_repr(each).bytes + ",";
    runtime.charge_text(given.size());
    Loop& loop = *object.loop();
    const bool changed = !loop.was_changed || loop.changed != given;
    loop.was_changed = true;
    loop.changed = std::move(given);
    return changed;
  };
}

}  // namespace

std::shared_ptr<const Callable> find_method(const Value& object, std::string_view name) {
  Method method;
  if (object.text() != nullptr) method = text_method(object, name);
  if (object.dict() != nullptr) method = dict_method(object, name);
  if (object.list() != nullptr && object.list()->kind != List::Kind::View &&
      object.list()->kind != List::Kind::Stream) {
    method = list_method(object, name);
  }
  if (object.loop() != nullptr) method = loop_method(object, name);
  if (method == nullptr) return nullptr;
  return std::make_shared<const Callable>(Callable{std::string(name), std::move(method)});
}

}  // namespace roux::jinja
