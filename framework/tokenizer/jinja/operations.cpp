// What Python's operators, members and indices do to values.
#include <algorithm>
#include <array>
#include <cmath>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/format.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

[[noreturn]] void fail_undefined(const Value& value) {
  const auto& what = std::get<Value::Undefined>(value.data()).what;
  throw Failure(what == nullptr ? "a value is undefined" : *what);
}

void require_defined(const Value& value) {
  if (value.is_undefined()) fail_undefined(value);
}

std::string object_name(const Value& value) {
  return value.is_none() ? "None" : cat("'", type_name(value), " object'");
}

// What would change a list or a dict that others see.
bool is_unsafe(const Value& object, std::string_view name) {
  constexpr std::array<std::string_view, 12> kUnsafe = {
      "append", "extend", "insert",     "pop",    "remove",  "reverse",
      "sort",   "clear",  "setdefault", "update", "popitem", "fromkeys"};
  return (object.dict() != nullptr || object.list() != nullptr) &&
         std::find(kUnsafe.begin(), kUnsafe.end(), name) != kUnsafe.end();
}

Value no_member(const Value& object, std::string_view name) {
  if (is_unsafe(object, name)) {
    return Value::undefined(
        cat("'", name, "' would change a ", type_name(object), ", which a template must not do"));
  }
  return Value::undefined(cat(object_name(object), " has no attribute '", name, "'"));
}

const Value* at(const List& list, std::int64_t index) {
  const auto size = static_cast<std::int64_t>(list.items.size());
  if (index < -size || index >= size) return nullptr;
  return &list.items[static_cast<std::size_t>(index < 0 ? index + size : index)];
}

bool is_indexed(const List& list) {
  return list.kind != List::Kind::View && list.kind != List::Kind::Stream;
}

Value member_of_loop(const Loop& loop, std::string_view name) {
  const std::vector<Value>& items = loop.items.list()->items;
  const std::size_t size = items.size();
  if (name == "index") return Value::of_size(loop.index + 1);
  if (name == "index0") return Value::of_size(loop.index);
  if (name == "revindex") return Value::of_size(size - loop.index);
  if (name == "revindex0") return Value::of_size(size - loop.index - 1);
  if (name == "first") return loop.index == 0;
  if (name == "last") return loop.index + 1 == size;
  if (name == "length") return Value::of_size(size);
  if (name == "depth") return std::int64_t{loop.depth};
  if (name == "depth0") return std::int64_t{loop.depth - 1};
  if (name == "previtem") {
    return loop.index == 0 ? Value::undefined("there is no previous item") : items[loop.index - 1];
  }
  if (name == "nextitem") {
    return loop.index + 1 >= size ? Value::undefined("there is no next item")
                                  : items[loop.index + 1];
  }
  return Value::undefined(cat("'loop' has no attribute '", name, "'"));
}

[[noreturn]] void fail_operands(std::string_view operation, const Value& left, const Value& right) {
  require_defined(left);
  require_defined(right);
  throw Failure(cat("'", operation, "' is not supported between '", type_name(left), "' and '",
                    type_name(right), "'"));
}

[[noreturn]] void fail_overflow(std::string_view operation) {
  throw Failure(cat("'", operation, "' gives an integer beyond 64 bits"));
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) fail_overflow("**");
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) fail_overflow("**");
  }
  return result;
}

Value operate_on_integers(std::string_view operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflow = false;
  if (operation == "+") {
    overflow = __builtin_add_overflow(a, b, &result);
  } else if (operation == "-") {
    overflow = __builtin_sub_overflow(a, b, &result);
  } else if (operation == "*") {
    overflow = __builtin_mul_overflow(a, b, &result);
  } else if (operation == "**") {
    if (b < 0) {
      if (a == 0) throw Failure("division by zero");
      return std::pow(static_cast<double>(a), static_cast<double>(b));
    }
    return power(a, b);
  } else {
    if (b == 0) throw Failure("division by zero");
    if (operation == "/") return static_cast<double>(a) / static_cast<double>(b);
    // The one quotient that does not fit.
    if (b == -1) {
      if (operation == "%") return std::int64_t{0};
      return operate_on_integers("-", 0, a);
    }
    const std::int64_t quotient = floor_divide(a, b);
    return operation == "//" ? quotient : a - quotient * b;
  }
  if (overflow) fail_overflow(operation);
  return result;
}

Value operate_on_floats(std::string_view operation, double a, double b) {
  if (operation == "+") return a + b;
  if (operation == "-") return a - b;
  if (operation == "*") return a * b;
  if (operation == "**") {
    if (a < 0 && std::floor(b) != b) throw Failure("'**' gives a complex number");
    return std::pow(a, b);
  }
  if (b == 0.0) throw Failure("division by zero");
  if (operation == "/") return a / b;
  double remainder = std::fmod(a, b);
  if (remainder != 0.0 && (remainder < 0) != (b < 0)) remainder += b;
  return operation == "%" ? remainder : std::floor((a - remainder) / b + 0.5);
}

Value repeat(Runtime& runtime, const Value& value, std::int64_t count) {
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(0, count));
  constexpr std::size_t kMost = std::size_t{1} << 32U;
  if (const Text* text = value.text()) {
    if (times > kMost) throw Failure("a text is repeated too often");
    runtime.charge_text(text->bytes.size() * std::min(times, kMost));
    Text result;
    if (text->bytes.empty()) return *text;
    for (std::size_t i = 0; i < times; ++i) result.append(*text);
    return result;
  }
  const List& list = *value.list();
  std::vector<Value> items;
  if (times > kMost) throw Failure("a list is repeated too often");
  runtime.charge(list.items.size() * times);
  if (!list.items.empty()) {
    for (std::size_t i = 0; i < times; ++i) {
      items.insert(items.end(), list.items.begin(), list.items.end());
    }
  }
  return make_list(std::move(items), list.kind);
}

bool is_repeatable(const Value& value) {
  return value.text() != nullptr ||
         (value.list() != nullptr &&
          (value.list()->kind == List::Kind::List || value.list()->kind == List::Kind::Tuple));
}

std::optional<std::int64_t> bound_of(const Value& value) {
  if (value.is_none()) return std::nullopt;
  require_defined(value);
  if (!value.is_integer()) throw Failure("the parts of a slice must be integers or none");
  return value.integer();
}

// The indices that start:stop:step takes out of `size`, as Python's slice.indices().
std::vector<std::size_t> indices(std::int64_t size, const Value& start, const Value& stop,
                                 const Value& step) {
  const std::int64_t by = bound_of(step).value_or(1);
  if (by == 0) throw Failure("the step of a slice must not be 0");
  const std::int64_t lowest = by < 0 ? -1 : 0;
  const std::int64_t highest = by < 0 ? size - 1 : size;
  const auto clamp = [&](const Value& value, std::int64_t otherwise) {
    const auto given = bound_of(value);
    if (!given) return otherwise;
    const std::int64_t index = *given < 0 ? std::max(*given, -size - 1) + size : *given;
    return std::clamp(index, lowest, std::max(lowest, highest));
  };
  const std::int64_t first = clamp(start, by < 0 ? highest : lowest);
  const std::int64_t last = clamp(stop, by < 0 ? lowest : highest);
  std::vector<std::size_t> result;
  for (std::int64_t i = first; by < 0 ? i > last : i < last;) {
    result.push_back(static_cast<std::size_t>(i));
    if (__builtin_add_overflow(i, by, &i)) break;
  }
  return result;
}

Text slice_of_text(const Text& text, const Value& start, const Value& stop, const Value& step) {
  const auto size = static_cast<std::int64_t>(length_of(text.bytes));
  const std::vector<std::size_t> chosen = indices(size, start, stop, step);
  if (chosen.empty()) return text.slice(0, 0);
  if (chosen.back() - chosen.front() + 1 == chosen.size()) {
    const std::size_t begin = offset_of(text.bytes, chosen.front());
    const std::string_view rest = std::string_view(text.bytes).substr(begin);
    return text.slice(begin, begin + offset_of(rest, chosen.size()));
  }
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < text.bytes.size(); at += code_point_at(text.bytes, at).size) {
    offsets.push_back(at);
  }
  offsets.push_back(text.bytes.size());
  Text result;
  for (const std::size_t each : chosen) result.append(text.slice(offsets[each], offsets[each + 1]));
  return result;
}

}  // namespace

Value member_of(Runtime& runtime, const Value& object, std::string_view name) {
  require_defined(object);
  if (const Namespace* space = object.space()) {
    const Value* found = space->members.find(name);
    return found == nullptr ? no_member(object, name) : *found;
  }
  if (auto method = find_method(object, name)) return Value(std::move(method));
  if (object.loop() != nullptr) return member_of_loop(*object.loop(), name);
  if (const Dict* dict = object.dict()) {
    runtime.charge(dict->entries.size() / 8);
    if (const Value* found = dict->find(name)) return *found;
  }
  if (object.callable() != nullptr && object.callable()->is_macro && name == "name") {
    return object.callable()->name;
  }
  return no_member(object, name);
}

Value item_of(Runtime& runtime, const Value& object, const Value& key) {
  require_defined(object);
  if (const Dict* dict = object.dict()) {
    runtime.charge(dict->entries.size() / 8);
    if (const Value* found = dict->find(key)) return *found;
  } else if (object.list() != nullptr && is_indexed(*object.list()) && key.is_integer()) {
    if (const Value* found = at(*object.list(), key.integer())) return *found;
  } else if (object.text() != nullptr && key.is_integer()) {
    runtime.charge(object.text()->bytes.size() / 64);
    const auto size = static_cast<std::int64_t>(length_of(object.text()->bytes));
    if (key.integer() >= -size && key.integer() < size) {
      const std::int64_t index = key.integer() < 0 ? key.integer() + size : key.integer();
      return slice_of_text(*object.text(), index, index + 1, Value::None());
    }
  }
  if (key.text() != nullptr) return member_of(runtime, object, key.text()->bytes);
  if (key.is_integer() && object.dict() == nullptr) {
    return Value::undefined(cat(object_name(object), " has no element ", key.integer()));
  }
  return Value::undefined(cat(object_name(object), " has no such element"));
}

Value slice_of(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
               const Value& step) {
  require_defined(object);
  if (const Text* text = object.text()) {
    runtime.charge_text(text->bytes.size());
    return slice_of_text(*text, start, stop, step);
  }
  if (object.list() != nullptr && is_indexed(*object.list())) {
    const List& list = *object.list();
    std::vector<Value> items;
    runtime.charge(list.items.size());
    const auto size = static_cast<std::int64_t>(list.items.size());
    for (const std::size_t each : indices(size, start, stop, step))
      items.push_back(list.items[each]);
    return make_list(std::move(items),
                     list.kind == List::Kind::Tuple ? List::Kind::Tuple : List::Kind::List);
  }
  return Value::undefined(cat(object_name(object), " cannot be sliced"));
}

Value operate(Runtime& runtime, std::string_view operation, const Value& left, const Value& right) {
  if (left.is_integer() && right.is_integer()) {
    return operate_on_integers(operation, left.integer(), right.integer());
  }
  if (left.is_number() && right.is_number()) {
    return operate_on_floats(operation, left.number(), right.number());
  }
  if (operation == "+" && left.text() != nullptr && right.text() != nullptr) {
    runtime.charge_text(left.text()->bytes.size() + right.text()->bytes.size());
    Text sum = *left.text();
    sum.append(*right.text());
    return sum;
  }
  if (operation == "+" && is_repeatable(left) && is_repeatable(right) && left.list() != nullptr &&
      right.list() != nullptr && left.list()->kind == right.list()->kind) {
    std::vector<Value> items = left.list()->items;
    items.insert(items.end(), right.list()->items.begin(), right.list()->items.end());
    runtime.charge(items.size());
    return make_list(std::move(items), left.list()->kind);
  }
  if (operation == "*" && is_repeatable(left) && right.is_integer()) {
    return repeat(runtime, left, right.integer());
  }
  if (operation == "*" && is_repeatable(right) && left.is_integer()) {
    return repeat(runtime, right, left.integer());
  }
  if (operation == "%" && left.text() != nullptr) {
    Arguments arguments;
    if (right.list() != nullptr && right.list()->kind == List::Kind::Tuple) {
      arguments.positional = right.list()->items;
    } else {
      arguments.positional.push_back(right);
    }
    return percent_format(runtime, *left.text(), arguments);
  }
  fail_operands(operation, left, right);
}

bool contains(Runtime& runtime, const Value& all, const Value& one) {
  if (all.is_undefined()) return false;
  if (const Text* text = all.text()) {
    require_defined(one);
    if (one.text() == nullptr) {
      throw Failure(
          cat("'in' a text looks for a text, not for a value of type '", type_name(one), "'"));
    }
    runtime.charge(text->bytes.size() / 16);
    return text->bytes.find(one.text()->bytes) != std::string::npos;
  }
  if (const Dict* dict = all.dict()) {
    runtime.charge(dict->entries.size() / 4);
    return dict->find(one) != nullptr;
  }
  if (all.list() == nullptr) {
    throw Failure(cat("nothing is 'in' a value of type '", type_name(all), "'"));
  }
  const std::vector<Value> items = iterate(all);
  runtime.charge(items.size());
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& each) { return equal(each, one); });
}

std::int64_t size_of(const Value& value) {
  if (value.is_undefined()) return 0;
  if (const Text* text = value.text()) return static_cast<std::int64_t>(length_of(text->bytes));
  if (const Dict* dict = value.dict()) return static_cast<std::int64_t>(dict->entries.size());
  if (const List* list = value.list(); list != nullptr && list->kind != List::Kind::Stream) {
    return static_cast<std::int64_t>(list->items.size());
  }
  if (const Loop* loop = value.loop()) return size_of(loop->items);
  throw Failure(cat("a value of type '", type_name(value), "' has no length"));
}

}  // namespace roux::jinja
