#include "roux/base/error.h"
#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/filters.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/tests.h"

namespace roux::jinja {
namespace {

bool compare(Runtime& runtime, std::string_view operation, const Value& left, const Value& right) {
  if (operation == "==") return equal(left, right);
  if (operation == "!=") return !equal(left, right);
  if (operation == "in") return contains(runtime, right, left);
  if (operation == "not in") return !contains(runtime, right, left);
  if (operation == "<") return less(left, right);
  if (operation == ">") return less(right, left);
  // Not !less(): nothing compares with a nan.
  if (operation == "<=") return less(left, right) || equal(left, right);
  return less(right, left) || equal(left, right);
}

void charge_comparison(Runtime& runtime, const Value& left, const Value& right) {
  for (const Value* each : {&left, &right}) {
    if (each->text() != nullptr) runtime.charge(each->text()->bytes.size() / 64);
    if (each->list() != nullptr) runtime.charge(each->list()->items.size());
    if (each->dict() != nullptr) {
      const std::size_t size = each->dict()->entries.size();
      runtime.charge(size * size);
    }
  }
}

}  // namespace

Value Constant::evaluate(Runtime&) const {
  return value;
}

Value Name::evaluate(Runtime& runtime) const {
  return runtime.lookup(name);
}

Value ListLiteral::evaluate(Runtime& runtime) const {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const auto& each : items) values.push_back(runtime.evaluate(each));
  return make_list(std::move(values), kind);
}

Value DictLiteral::evaluate(Runtime& runtime) const {
  Dict dict;
  for (const auto& [key, value] : entries) {
    Value name = runtime.evaluate(key);
    if ((name.list() != nullptr && name.list()->kind != List::Kind::Tuple) ||
        name.dict() != nullptr) {
      throw Failure(cat("a value of type '", type_name(name), "' cannot be a key"));
    }
    runtime.charge(dict.entries.size());
    dict.set(std::move(name), runtime.evaluate(value));
  }
  return make_dict(std::move(dict));
}

Value Conditional::evaluate(Runtime& runtime) const {
  if (is_true(runtime.evaluate(test))) return runtime.evaluate(yes);
  if (no != nullptr) return runtime.evaluate(no);
  return Value::undefined("the inline if-expression evaluated to false and no else was defined");
}

Value Binary::evaluate(Runtime& runtime) const {
  const Value first = runtime.evaluate(left);
  return operate(runtime, operation, first, runtime.evaluate(right));
}

Value Unary::evaluate(Runtime& runtime) const {
  const Value value = runtime.evaluate(operand);
  if (operation == "not") return !is_true(value);
  if (value.is_integer()) {
    if (operation == "+") return value.integer();
    return operate(runtime, "-", std::int64_t{0}, value);
  }
  if (!value.is_float()) {
    throw Failure(cat("'", operation, "' is not supported for '", type_name(value), "'"));
  }
  return operation == "+" ? value.number() : -value.number();
}

Value Logical::evaluate(Runtime& runtime) const {
  Value first = runtime.evaluate(left);
  return is_true(first) == is_and ? runtime.evaluate(right) : first;
}

Value Comparison::evaluate(Runtime& runtime) const {
  Value first = runtime.evaluate(left);
  for (const Step& step : steps) {
    Value second = runtime.evaluate(step.right);
    charge_comparison(runtime, first, second);
    if (!compare(runtime, step.operation, first, second)) return false;
    first = std::move(second);
  }
  return true;
}

Value Concatenation::evaluate(Runtime& runtime) const {
  Text text;
  for (const auto& part : parts) {
    const Value value = runtime.evaluate(part);
    if (const Text* each = value.text()) {
      text.append(*each);
    } else {
      text.append(to_text(value));
    }
    runtime.charge_text(text.bytes.size());
  }
  return text;
}

Value Member::evaluate(Runtime& runtime) const {
  return member_of(runtime, runtime.evaluate(object), name);
}

Value Item::evaluate(Runtime& runtime) const {
  const Value from = runtime.evaluate(object);
  return item_of(runtime, from, runtime.evaluate(key));
}

Value Slice::evaluate(Runtime& runtime) const {
  const auto value_of = [&](const ExpressionPtr& each) -> Value {
    return each == nullptr ? Value(Value::None()) : runtime.evaluate(each);
  };
  const Value from = runtime.evaluate(object);
  const Value first = value_of(start);
  const Value last = value_of(stop);
  return slice_of(runtime, from, first, last, value_of(step));
}

Value Call::evaluate(Runtime& runtime) const {
  const Value called = runtime.evaluate(callee);
  Arguments given = runtime.evaluate(arguments);
  return runtime.call(called, given);
}

Value FilterCall::evaluate(Runtime& runtime) const {
  const Value input = value == nullptr ? std::move(runtime.filter_input) : runtime.evaluate(value);
  const Arguments given = runtime.evaluate(arguments);
  return filter->apply(runtime, input, given);
}

Value TestCall::evaluate(Runtime& runtime) const {
  const Value input = runtime.evaluate(value);
  return test->holds(runtime, input, runtime.evaluate(arguments));
}

}  // namespace roux::jinja
