#include <optional>

#include "tokenizer/jinja/arguments.h"
#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/runtime.h"

namespace roux::jinja {
namespace {

Value through(Runtime& runtime, const std::vector<std::unique_ptr<const FilterCall>>& filters,
              Value value) {
  for (const auto& filter : filters) {
    runtime.filter_input = std::move(value);
    value = runtime.evaluate(*filter);
  }
  return value;
}

// One walk through a {% for %}; {{ loop(items) }} walks again, one level deeper.
class Walk {
 public:
  Walk(Runtime& runtime, const For& statement)
      : runtime_(runtime), statement_(statement), outside_(runtime.scope()) {
    const auto& names = runtime.source().names;
    for (NameId id = 0; id < names.size(); ++id) {
      if (names[id] == "loop") loop_name_ = id;
    }
  }

  Flow over(const Value& items, int depth) {
    std::vector<Value> chosen = items_of(items);
    const auto loop = std::make_shared<Loop>(Loop{make_list(std::move(chosen)), 0, depth});
    if (statement_.recursive) {
      loop->recurse = std::make_shared<const Callable>(
          Callable{"loop", [this, depth](Runtime&, Arguments& arguments) -> Value {
                     const Bound bound("loop()", arguments, {"iterable"}, 1);
                     return deeper(bound.get(0), depth + 1);
                   }});
    }
    const std::vector<Value>& all = loop->items.list()->items;
    Flow flow = Flow::Next;
    for (; loop->index < all.size() && flow != Flow::Break; ++loop->index) {
      flow = runtime_.within(inside(), [&] {
        if (loop_name_) runtime_.assign(*loop_name_, Value(loop));
        runtime_.assign(statement_.target, all[loop->index]);
        return runtime_.execute(statement_.body);
      });
    }
    loop->recurse = nullptr;
    if (all.empty()) {
      return runtime_.within(inside(), [&] { return runtime_.execute(statement_.otherwise); });
    }
    return Flow::Next;
  }

 private:
  std::shared_ptr<Scope> inside() const { return std::make_shared<Scope>(Scope{outside_, {}}); }

  std::vector<Value> items_of(const Value& items) {
    std::vector<Value> all = iterate(items);
    runtime_.charge(all.size());
    if (statement_.condition == nullptr) return all;
    std::vector<Value> chosen;
    for (Value& each : all) {
      const bool take = runtime_.within(inside(), [&] {
        runtime_.assign(statement_.target, each);
        return is_true(runtime_.evaluate(statement_.condition));
      });
      if (take) chosen.push_back(std::move(each));
    }
    return chosen;
  }

  Value deeper(const Value& items, int depth);

  Runtime& runtime_;
  const For& statement_;
  std::shared_ptr<Scope> outside_;
  std::optional<NameId> loop_name_;
};

// A body that walks, for capture().
class WalkStatement final : public Statement {
 public:
  WalkStatement(Walk& walk, const Value& items, int depth)
      : walk_(walk), items_(items), depth_(depth) {}
  Flow execute(Runtime&) const override { return walk_.over(items_, depth_); }

 private:
  Walk& walk_;
  const Value& items_;
  int depth_;
};

Value Walk::deeper(const Value& items, int depth) {
  Body body;
  body.push_back(std::make_unique<WalkStatement>(*this, items, depth));
  return runtime_.capture(body, outside_);
}

}  // namespace

Flow Data::execute(Runtime& runtime) const {
  runtime.write(text);
  return Flow::Next;
}

Flow Print::execute(Runtime& runtime) const {
  const Value printed = runtime.evaluate(value);
  if (const Text* text = printed.text()) {
    runtime.write(*text);
  } else {
    runtime.write(to_text(printed));
  }
  return Flow::Next;
}

Flow If::execute(Runtime& runtime) const {
  for (const Branch& branch : branches) {
    if (branch.test == nullptr || is_true(runtime.evaluate(branch.test))) {
      return runtime.execute(branch.body);
    }
  }
  return Flow::Next;
}

Flow For::execute(Runtime& runtime) const {
  // Items are looked up outside of the loop.
  const Value all = runtime.evaluate(items);
  // A break inside has ended this loop, not the one around it.
  Walk(runtime, *this).over(all, 1);
  return Flow::Next;
}

Flow Set::execute(Runtime& runtime) const {
  runtime.assign(target, runtime.evaluate(value));
  return Flow::Next;
}

Flow SetBlock::execute(Runtime& runtime) const {
  Value text = runtime.capture(body, runtime.inner_scope());
  runtime.assign(target, through(runtime, filters, std::move(text)));
  return Flow::Next;
}

Flow With::execute(Runtime& runtime) const {
  const auto scope = runtime.inner_scope();
  std::vector<Value> all;
  for (const auto& each : values) all.push_back(runtime.evaluate(each.second));
  return runtime.within(scope, [&] {
    for (std::size_t i = 0; i < all.size(); ++i) runtime.assign(values[i].first, all[i]);
    return runtime.execute(body);
  });
}

Flow Macro::execute(Runtime& runtime) const {
  runtime.assign(name, Value(runtime.make_macro(definition)));
  return Flow::Next;
}

Flow CallBlock::execute(Runtime& runtime) const {
  const Value callee = runtime.evaluate(call->callee);
  Arguments arguments = runtime.evaluate(call->arguments);
  arguments.named.emplace_back("caller", Value(runtime.make_macro(caller)));
  runtime.write(to_text(runtime.call(callee, arguments)));
  return Flow::Next;
}

Flow FilterBlock::execute(Runtime& runtime) const {
  Value text = runtime.capture(body, runtime.inner_scope());
  runtime.write(to_text(through(runtime, filters, std::move(text))));
  return Flow::Next;
}

Flow Generation::execute(Runtime& runtime) const {
  Text text = runtime.capture(body, runtime.inner_scope());
  text.mark_generated();
  runtime.write(text);
  return Flow::Next;
}

Flow Jump::execute(Runtime&) const {
  return flow;
}

}  // namespace roux::jinja
