#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tokenizer/jinja/source.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {

struct Filter;
struct Test;

// Names of variables are numbers: see Template::names.
using NameId = std::uint32_t;

// What a statement says about those that follow it in a loop's body.
enum class Flow { Next, Break, Continue };

struct Expression {
  std::size_t offset = 0;  // in the source
  int depth = 1;           // of the tree below, itself included
  virtual ~Expression() = default;
  virtual Value evaluate(Runtime& runtime) const = 0;
};
using ExpressionPtr = std::unique_ptr<const Expression>;

struct Statement {
  std::size_t offset = 0;
  virtual ~Statement() = default;
  virtual Flow execute(Runtime& runtime) const = 0;
};
using Body = std::vector<std::unique_ptr<const Statement>>;

struct CallArguments {
  struct Named {
    std::string name;
    ExpressionPtr value;
  };
  std::vector<ExpressionPtr> positional;
  std::vector<Named> named;
  ExpressionPtr all_positional;  // *list, or null
  ExpressionPtr all_named;       // **dict, or null
};

struct Constant final : Expression {
  Value value;
  Value evaluate(Runtime& runtime) const override;
};

struct Name final : Expression {
  NameId name = 0;
  Value evaluate(Runtime& runtime) const override;
};

struct ListLiteral final : Expression {
  List::Kind kind = List::Kind::List;
  std::vector<ExpressionPtr> items;
  Value evaluate(Runtime& runtime) const override;
};

struct DictLiteral final : Expression {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
  Value evaluate(Runtime& runtime) const override;
};

struct Conditional final : Expression {
  ExpressionPtr test, yes, no;  // no: null where there is no else
  Value evaluate(Runtime& runtime) const override;
};

struct Binary final : Expression {
  std::string operation;  // + - * / // % **
  ExpressionPtr left, right;
  Value evaluate(Runtime& runtime) const override;
};

struct Unary final : Expression {
  std::string operation;  // + - not
  ExpressionPtr operand;
  Value evaluate(Runtime& runtime) const override;
};

struct Logical final : Expression {
  bool is_and = true;
  ExpressionPtr left, right;
  Value evaluate(Runtime& runtime) const override;
};

struct Comparison final : Expression {
  struct Step {
    std::string operation;  // == != < <= > >= in, not in
    ExpressionPtr right;
  };
  ExpressionPtr left;
  std::vector<Step> steps;
  Value evaluate(Runtime& runtime) const override;
};

struct Concatenation final : Expression {
  std::vector<ExpressionPtr> parts;
  Value evaluate(Runtime& runtime) const override;
};

struct Member final : Expression {
  ExpressionPtr object;
  std::string name;
  Value evaluate(Runtime& runtime) const override;
};

struct Item final : Expression {
  ExpressionPtr object, key;
  Value evaluate(Runtime& runtime) const override;
};

struct Slice final : Expression {
  ExpressionPtr object, start, stop, step;  // null where left out
  Value evaluate(Runtime& runtime) const override;
};

struct Call final : Expression {
  ExpressionPtr callee;
  CallArguments arguments;
  Value evaluate(Runtime& runtime) const override;
};

struct FilterCall final : Expression {
  ExpressionPtr value;  // null in {% filter %} and {% set x | … %}: the block's text
  const Filter* filter = nullptr;
  CallArguments arguments;
  Value evaluate(Runtime& runtime) const override;
};

struct TestCall final : Expression {
  ExpressionPtr value;
  const Test* test = nullptr;
  CallArguments arguments;
  Value evaluate(Runtime& runtime) const override;
};

// What is assigned to: a name, a member of a namespace, or several.
struct Target {
  NameId name = 0;
  std::string member;           // not empty: of the namespace `name`
  std::vector<Target> several;  // not empty: the value is taken apart
  std::size_t offset = 0;
};

struct Data final : Statement {
  std::string text;
  Flow execute(Runtime& runtime) const override;
};

struct Print final : Statement {
  ExpressionPtr value;
  Flow execute(Runtime& runtime) const override;
};

struct If final : Statement {
  struct Branch {
    ExpressionPtr test;  // null: else
    Body body;
  };
  std::vector<Branch> branches;
  Flow execute(Runtime& runtime) const override;
};

struct For final : Statement {
  Target target;
  ExpressionPtr items, condition;  // condition: null where there is none
  bool recursive = false;
  Body body, otherwise;
  Flow execute(Runtime& runtime) const override;
};

struct Set final : Statement {
  Target target;
  ExpressionPtr value;
  Flow execute(Runtime& runtime) const override;
};

struct SetBlock final : Statement {
  Target target;
  std::vector<std::unique_ptr<const FilterCall>> filters;  // in their order
  Body body;
  Flow execute(Runtime& runtime) const override;
};

struct With final : Statement {
  std::vector<std::pair<Target, ExpressionPtr>> values;
  Body body;
  Flow execute(Runtime& runtime) const override;
};

struct MacroDefinition {
  struct Parameter {
    NameId id = 0;
    std::string name;
    ExpressionPtr otherwise;  // null: undefined
  };
  std::string name;
  std::vector<Parameter> parameters;
  bool takes_more = false;        // the body reads `varargs`
  bool takes_more_named = false;  // … `kwargs`
  bool takes_caller = false;      // … `caller`
  Body body;
};

struct Macro final : Statement {
  NameId name = 0;
  MacroDefinition definition;
  Flow execute(Runtime& runtime) const override;
};

struct CallBlock final : Statement {
  std::unique_ptr<const Call> call;
  MacroDefinition caller;
  Flow execute(Runtime& runtime) const override;
};

struct FilterBlock final : Statement {
  std::vector<std::unique_ptr<const FilterCall>> filters;
  Body body;
  Flow execute(Runtime& runtime) const override;
};

struct Generation final : Statement {
  Body body;
  Flow execute(Runtime& runtime) const override;
};

struct Jump final : Statement {
  Flow flow = Flow::Break;
  Flow execute(Runtime& runtime) const override;
};

struct Template {
  Source source;
  std::vector<std::string> names;  // by NameId
  bool has_generation = false;     // whether there is a {% generation %} block
  Body body;

  // Throws DataError, which names the template, the line and the column.
  static Template parse(Source source);
};

}  // namespace roux::jinja
