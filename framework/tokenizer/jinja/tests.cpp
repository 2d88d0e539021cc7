#include "tokenizer/jinja/tests.h"

#include <array>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/filters.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using A = const Arguments&;
using V = const Value&;

V other(A arguments) {
  const Bound bound("the test", arguments, {"other"}, 1);
  return bound.get(0);
}

bool is_sequence(V value) {
  const List* list = value.list();
  return value.text() != nullptr || value.dict() != nullptr || value.is_undefined() ||
         (list != nullptr && list->kind != List::Kind::Stream && list->kind != List::Kind::View);
}

bool is_iterable(V value) {
  return value.is_undefined() || value.text() != nullptr || value.list() != nullptr ||
         value.dict() != nullptr || value.loop() != nullptr;
}

std::int64_t remainder(Runtime& runtime, V value, std::int64_t by) {
  const Value result = operate(runtime, "%", value, by);
  return result.is_integer() ? result.integer() : 1;
}

bool is_whole_case(V value, bool upper_case) {
  const std::string text = to_text(value).bytes;
  return (upper_case ? upper(text) : lower(text)) == text &&
         (upper_case ? lower(text) : upper(text)) != text;
}

bool is_same(V a, V b) {
  if (a.data().index() != b.data().index()) return false;
  if (a.text() != nullptr) return a.text()->bytes == b.text()->bytes;
  if (a.list() != nullptr) return a.list() == b.list();
  if (a.dict() != nullptr) return a.dict() == b.dict();
  return equal(a, b);
}

constexpr std::array kTests = {
    Test{"defined", [](Runtime&, V v, A) { return !v.is_undefined(); }},
    Test{"undefined", [](Runtime&, V v, A) { return v.is_undefined(); }},
    Test{"none", [](Runtime&, V v, A) { return v.is_none(); }},
    Test{"boolean", [](Runtime&, V v, A) { return v.is_bool(); }},
    Test{"true", [](Runtime&, V v, A) { return v.is_bool() && is_true(v); }},
    Test{"false", [](Runtime&, V v, A) { return v.is_bool() && !is_true(v); }},
    Test{"integer", [](Runtime&, V v, A) { return v.is_integer() && !v.is_bool(); }},
    Test{"float", [](Runtime&, V v, A) { return v.is_float(); }},
    Test{"number", [](Runtime&, V v, A) { return v.is_number(); }},
    Test{"string", [](Runtime&, V v, A) { return v.text() != nullptr; }},
    Test{"mapping", [](Runtime&, V v, A) { return v.dict() != nullptr; }},
    Test{"sequence", [](Runtime&, V v, A) { return is_sequence(v); }},
    Test{"iterable", [](Runtime&, V v, A) { return is_iterable(v); }},
    Test{"callable",
         [](Runtime&, V v, A) { return v.callable() != nullptr || v.loop() != nullptr; }},
    Test{"escaped", [](Runtime&, V, A) { return false; }},
    Test{"lower", [](Runtime&, V v, A) { return is_whole_case(v, false); }},
    Test{"upper", [](Runtime&, V v, A) { return is_whole_case(v, true); }},
    Test{"odd", [](Runtime& r, V v, A) { return remainder(r, v, 2) == 1; }},
    Test{"even", [](Runtime& r, V v, A) { return remainder(r, v, 2) == 0; }},
    Test{"divisibleby",
         [](Runtime& r, V v, A a) { return !is_true(operate(r, "%", v, other(a))); }},
    Test{"sameas", [](Runtime&, V v, A a) { return is_same(v, other(a)); }},
    Test{"in", [](Runtime& r, V v, A a) { return contains(r, other(a), v); }},
    Test{"eq", [](Runtime&, V v, A a) { return equal(v, other(a)); }},
    Test{"equalto", [](Runtime&, V v, A a) { return equal(v, other(a)); }},
    Test{"==", [](Runtime&, V v, A a) { return equal(v, other(a)); }},
    Test{"ne", [](Runtime&, V v, A a) { return !equal(v, other(a)); }},
    Test{"!=", [](Runtime&, V v, A a) { return !equal(v, other(a)); }},
    Test{"lt", [](Runtime&, V v, A a) { return less(v, other(a)); }},
    Test{"<", [](Runtime&, V v, A a) { return less(v, other(a)); }},
    Test{"lessthan", [](Runtime&, V v, A a) { return less(v, other(a)); }},
    Test{"gt", [](Runtime&, V v, A a) { return less(other(a), v); }},
    Test{">", [](Runtime&, V v, A a) { return less(other(a), v); }},
    Test{"greaterthan", [](Runtime&, V v, A a) { return less(other(a), v); }},
    Test{"le", [](Runtime&, V v, A a) { return less(v, other(a)) || equal(v, other(a)); }},
    Test{"<=", [](Runtime&, V v, A a) { return less(v, other(a)) || equal(v, other(a)); }},
    Test{"ge", [](Runtime&, V v, A a) { return less(other(a), v) || equal(v, other(a)); }},
    Test{">=", [](Runtime&, V v, A a) { return less(other(a), v) || equal(v, other(a)); }},
    Test{"filter",
         [](Runtime&, V v,
            A) { return v.text() != nullptr && find_filter(v.text()->bytes) != nullptr; }},
    Test{"test", [](Runtime&, V v,
                    A) { return v.text() != nullptr && find_test(v.text()->bytes) != nullptr; }},
};

}  // namespace

const Test* find_test(std::string_view name) {
  for (const Test& each : kTests) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace roux::jinja
