#include <algorithm>
#include <array>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/filter_tables.h"
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

Value reverse(R runtime, V value, A) {
  if (value.text() != nullptr) {
    return slice_of(runtime, value, Value::None(), Value::None(), std::int64_t{-1});
  }
  std::vector<Value> all = items_of(runtime, value);
  std::reverse(all.begin(), all.end());
  return make_list(std::move(all), List::Kind::Stream, "list_reverseiterator");
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

constexpr std::array kSequenceFilters = {
    Filter{"batch", batch},
    Filter{"count", length},
    Filter{"dictsort", dictsort},
    Filter{"first", first},
    Filter{"items", items},
    Filter{"join", join},
    Filter{"last", last},
    Filter{"length", length},
    Filter{"list", list},
    Filter{"map", map},
    Filter{"max", [](R r, V v, A a) { return extreme(r, v, a, true); }},
    Filter{"min", [](R r, V v, A a) { return extreme(r, v, a, false); }},
    Filter{"reject", [](R r, V v, A a) { return choose(r, v, a, false, false); }},
    Filter{"rejectattr", [](R r, V v, A a) { return choose(r, v, a, true, false); }},
    Filter{"reverse", reverse},
    Filter{"select", [](R r, V v, A a) { return choose(r, v, a, false, true); }},
    Filter{"selectattr", [](R r, V v, A a) { return choose(r, v, a, true, true); }},
    Filter{"sort", sort},
    Filter{"sum", sum},
    Filter{"unique", unique},
};

}  // namespace

std::span<const Filter> sequence_filters() {
  return kSequenceFilters;
}

}  // namespace roux::jinja
