#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/jinja/arguments.h"
#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {

// Variables of one block; those of the blocks around it are seen through it.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<NameId, Value>> variables;
};

// One rendering of a template. A template comes from a stranger, so what it may take is bounded:
// steps, sizes of texts, ranges and lists, depth of calls.
class Runtime {
 public:
  using Time = std::chrono::system_clock::time_point;

  Runtime(const Template& source, const Dict& variables, Time now);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  // Throws DataError, which names the template, the line and the column.
  Text run();

  Value evaluate(const Expression& expression);
  Value evaluate(const ExpressionPtr& expression) { return evaluate(*expression); }
  Flow execute(const Body& body);
  // The text that the body writes, in a scope of its own.
  Text capture(const Body& body, std::shared_ptr<Scope> scope);

  Value lookup(NameId name) const;
  void assign(const Target& target, const Value& value);
  void assign(NameId name, Value value);
  const std::shared_ptr<Scope>& scope() const { return scope_; }
  std::shared_ptr<Scope> inner_scope() const;
  // Runs `work` with `scope` as the innermost.
  template <typename Work>
  auto within(std::shared_ptr<Scope> scope, const Work& work);

  void write(const Text& text);
  void write(std::string_view text);

  Arguments evaluate(const CallArguments& arguments);
  Value call(const Value& callee, Arguments& arguments);
  Value call(const Callable& callee, Arguments& arguments);
  std::shared_ptr<const Callable> make_macro(const MacroDefinition& definition);
  Value make_namespace(Dict members);

  // Takes from the budget: about one unit a step. Throws Failure when there is none left.
  void charge(std::size_t units);
  // The same for a text of that size which is about to be made. Throws Failure if it is too long.
  void charge_text(std::size_t bytes);

  const Template& source() const { return template_; }
  Time now() const { return now_; }

  // What {% filter %} and {% set x | … %} hand to their filters.
  Value filter_input;

 private:
  class Level;

  const Template& template_;
  const Time now_;
  std::shared_ptr<Scope> scope_;
  std::vector<Text> outputs_;
  std::size_t steps_left_;
  int level_ = 0;
  // Macros refer to scopes that hold them, and namespaces may hold themselves: these are emptied
  // at the end.
  std::vector<std::shared_ptr<Scope>> kept_scopes_;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
};

template <typename Work>
auto Runtime::within(std::shared_ptr<Scope> scope, const Work& work) {
  struct Restore {
    Runtime& runtime;
    std::shared_ptr<Scope> before;
    ~Restore() { runtime.scope_ = std::move(before); }
  };
  const Restore restore{*this, std::exchange(scope_, std::move(scope))};
  return work();
}

// object.name, object[key] and object[start:stop:step] as Jinja's sandbox has them.
Value member_of(Runtime& runtime, const Value& object, std::string_view name);
Value item_of(Runtime& runtime, const Value& object, const Value& key);
Value slice_of(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
               const Value& step);

// Operators of Python: + - * / // % **.
Value operate(Runtime& runtime, std::string_view operation, const Value& left, const Value& right);
bool contains(Runtime& runtime, const Value& all, const Value& one);
std::int64_t size_of(const Value& value);

// A method of a text, a dict, a list or a loop, bound to it; null if there is none of that name.
std::shared_ptr<const Callable> find_method(const Value& object, std::string_view name);

// Functions that every template sees: range, dict, namespace, raise_exception, strftime_now, …
std::shared_ptr<const Callable> find_global(std::string_view name);

}  // namespace roux::jinja
