#include "tokenizer/jinja/expression_parser.h"

#include <charconv>
#include <limits>

#include "tokenizer/jinja/filters.h"
#include "tokenizer/jinja/tests.h"

namespace roux::jinja {

bool ExpressionParser::ends_tuple() const {
  return is(Kind::VariableEnd) || is(Kind::BlockEnd) || is(Kind::End) || is_operator(")") ||
         is_operator("]") || is_operator("}");
}

ExpressionPtr ExpressionParser::tuple() {
  return tuple_of([this] { return expression(); }, false);
}

ExpressionPtr ExpressionParser::tuple_without_condition() {
  return tuple_of([this] { return disjunction(); }, false);
}

template <typename Parse>
ExpressionPtr ExpressionParser::tuple_of(const Parse& parse, bool in_brackets) {
  auto node = make<ListLiteral>(now().offset);
  node->kind = List::Kind::Tuple;
  bool is_tuple = false;
  while (!ends_tuple()) {
    node->items.push_back(parse());
    if (!skip_operator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && node->items.size() == 1) return std::move(node->items.front());
  if (node->items.empty() && !in_brackets) {
    fail(cat("expected an expression, but found ", described()));
  }
  return finish(std::move(node));
}

ExpressionPtr ExpressionParser::finish(std::unique_ptr<ListLiteral> node) const {
  for (const auto& item : node->items) node = over(std::move(node), {item.get()});
  return node;
}

ExpressionPtr ExpressionParser::expression() {
  const Level level(*this);
  const std::size_t offset = now().offset;
  ExpressionPtr value = disjunction();
  while (skip_word("if")) {
    auto node = make<Conditional>(offset);
    node->test = disjunction();
    if (skip_word("else")) node->no = expression();
    node->yes = std::move(value);
    const Expression* children[] = {node->test.get(), node->yes.get(), node->no.get()};
    value = over(std::move(node), {children[0], children[1], children[2]});
  }
  return value;
}

ExpressionPtr ExpressionParser::logical(std::size_t offset, bool is_and, ExpressionPtr left,
                                        ExpressionPtr right) {
  auto node = make<Logical>(offset);
  node->is_and = is_and;
  node->left = std::move(left);
  node->right = std::move(right);
  const Expression* children[] = {node->left.get(), node->right.get()};
  return over(std::move(node), {children[0], children[1]});
}

ExpressionPtr ExpressionParser::disjunction() {
  const std::size_t offset = now().offset;
  ExpressionPtr left = conjunction();
  while (skip_word("or")) left = logical(offset, false, std::move(left), conjunction());
  return left;
}

ExpressionPtr ExpressionParser::conjunction() {
  const std::size_t offset = now().offset;
  ExpressionPtr left = negation();
  while (skip_word("and")) left = logical(offset, true, std::move(left), negation());
  return left;
}

ExpressionPtr ExpressionParser::unary_node(std::size_t offset, std::string operation,
                                           ExpressionPtr operand) {
  auto node = make<Unary>(offset);
  node->operation = std::move(operation);
  node->operand = std::move(operand);
  const Expression* child = node->operand.get();
  return over(std::move(node), {child});
}

ExpressionPtr ExpressionParser::negation() {
  const Level level(*this);
  if (!is_word("not")) return comparison();
  const std::size_t offset = take().offset;
  return unary_node(offset, "not", negation());
}

ExpressionPtr ExpressionParser::comparison() {
  auto node = make<Comparison>(now().offset);
  node->left = sum();
  for (;;) {
    std::string operation;
    if (is(Kind::Operator)) {
      for (const char* each : {"==", "!=", "<", "<=", ">", ">="}) {
        if (now().text == each) operation = each;
      }
      if (operation.empty()) break;
      take();
    } else if (skip_word("in")) {
      operation = "in";
    } else if (is_word("not") && ahead().kind == Kind::Name && ahead().text == "in") {
      take();
      take();
      operation = "not in";
    } else {
      break;
    }
    node->steps.push_back({std::move(operation), sum()});
    const Expression* child = node->steps.back().right.get();
    node = over(std::move(node), {child});
  }
  if (node->steps.empty()) return std::move(node->left);
  const Expression* child = node->left.get();
  return over(std::move(node), {child});
}

template <typename Parse>
ExpressionPtr ExpressionParser::chain(std::initializer_list<std::string_view> operations,
                                      const Parse& parse) {
  const std::size_t offset = now().offset;
  ExpressionPtr left = parse();
  while (is(Kind::Operator) &&
         std::find(operations.begin(), operations.end(), now().text) != operations.end()) {
    auto node = make<Binary>(offset);
    node->operation = take().text;
    node->left = std::move(left);
    node->right = parse();
    const Expression* children[] = {node->left.get(), node->right.get()};
    left = over(std::move(node), {children[0], children[1]});
  }
  return left;
}

ExpressionPtr ExpressionParser::sum() {
  return chain({"+", "-"}, [this] { return concatenation(); });
}

ExpressionPtr ExpressionParser::concatenation() {
  auto node = make<Concatenation>(now().offset);
  node->parts.push_back(product());
  while (skip_operator("~")) node->parts.push_back(product());
  if (node->parts.size() == 1) return std::move(node->parts.front());
  for (const auto& part : node->parts) node = over(std::move(node), {part.get()});
  return node;
}

ExpressionPtr ExpressionParser::product() {
  return chain({"*", "/", "//", "%"}, [this] { return power(); });
}

ExpressionPtr ExpressionParser::power() {
  return chain({"**"}, [this] { return unary(true); });
}

ExpressionPtr ExpressionParser::unary(bool with_filter) {
  const Level level(*this);
  const std::size_t offset = now().offset;
  ExpressionPtr value;
  if (is_operator("-") || is_operator("+")) {
    std::string operation = take().text;
    value = unary_node(offset, std::move(operation), unary(false));
  } else {
    value = primary();
  }
  value = postfix(std::move(value));
  return with_filter ? filtered(std::move(value)) : std::move(value);
}

ExpressionPtr ExpressionParser::constant(std::size_t offset, Value value) const {
  auto node = make<Constant>(offset);
  node->value = std::move(value);
  return node;
}

ExpressionPtr ExpressionParser::primary() {
  const Token token = now();
  switch (token.kind) {
    case Kind::Name: {
      take();
      if (token.text == "true" || token.text == "True") return constant(token.offset, true);
      if (token.text == "false" || token.text == "False") return constant(token.offset, false);
      if (token.text == "none" || token.text == "None") {
        return constant(token.offset, Value::None());
      }
      auto node = make<Name>(token.offset);
      node->name = id(token.text);
      return node;
    }
    case Kind::String: {
      std::string text;
      while (is(Kind::String)) text += take().text;
      return constant(token.offset, std::move(text));
    }
    case Kind::Integer:
    case Kind::Float:
      take();
      return constant(token.offset, number(token));
    case Kind::Operator:
      if (token.text == "(") {
        take();
        ExpressionPtr inner = tuple_of([this] { return expression(); }, true);
        expect_operator(")");
        return inner;
      }
      if (token.text == "[") return list();
      if (token.text == "{") return dict();
      [[fallthrough]];
    default:
      fail(cat("unexpected ", described()));
  }
}

Value ExpressionParser::number(const Token& token) const {
  const char* end = token.text.data() + token.text.size();
  if (token.kind == Kind::Float) {
    double value = 0;
    const auto result = std::from_chars(token.text.data(), end, value);
    if (result.ec == std::errc::result_out_of_range) {
      return token.text.find("e-") != std::string::npos ? 0.0
                                                        : std::numeric_limits<double>::infinity();
    }
    return value;
  }
  const std::string& text = token.text;
  const char letter = text.size() > 1 ? static_cast<char>(text[1] | 0x20) : ' ';
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data() + (base == 10 ? 0 : 2), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) {
    fail(token.offset, cat("'", text, "' is no integer of 64 bits"));
  }
  return value;
}

ExpressionPtr ExpressionParser::list() {
  auto node = make<ListLiteral>(take().offset);
  while (!is_operator("]")) {
    if (!node->items.empty()) expect_operator(",");
    if (is_operator("]")) break;
    node->items.push_back(expression());
  }
  take();
  return finish(std::move(node));
}

ExpressionPtr ExpressionParser::dict() {
  auto node = make<DictLiteral>(take().offset);
  while (!is_operator("}")) {
    if (!node->entries.empty()) expect_operator(",");
    if (is_operator("}")) break;
    ExpressionPtr key = expression();
    expect_operator(":");
    ExpressionPtr value = expression();
    node = over(std::move(node), {key.get(), value.get()});
    node->entries.emplace_back(std::move(key), std::move(value));
  }
  take();
  return node;
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr value) {
  for (;;) {
    if (is_operator(".")) {
      value = member(std::move(value));
    } else if (is_operator("[")) {
      value = subscript(std::move(value));
    } else if (is_operator("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

ExpressionPtr ExpressionParser::filtered(ExpressionPtr value) {
  for (;;) {
    if (skip_operator("|")) {
      value = filter(std::move(value));
    } else if (is_word("is")) {
      value = test(std::move(value));
    } else if (is_operator("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

ExpressionPtr ExpressionParser::member(ExpressionPtr object) {
  const std::size_t offset = take().offset;
  const Expression* child = object.get();
  if (is(Kind::Name)) {
    auto node = make<Member>(offset);
    node->name = take().text;
    node->object = std::move(object);
    return over(std::move(node), {child});
  }
  const Token index = expect(Kind::Integer, "a name or a number");
  auto node = make<Item>(offset);
  node->object = std::move(object);
  node->key = constant(index.offset, number(index));
  return over(std::move(node), {child});
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr object) {
  const std::size_t offset = take().offset;
  const auto ends = [&] { return is_operator(":") || is_operator("]"); };
  ExpressionPtr start = is_operator(":") ? nullptr : expression();
  if (!is_operator(":")) {
    if (is_operator(",")) fail("an index of several parts is nothing that can be looked up");
    expect_operator("]");
    auto node = make<Item>(offset);
    node->object = std::move(object);
    node->key = std::move(start);
    const Expression* children[] = {node->object.get(), node->key.get()};
    return over(std::move(node), {children[0], children[1]});
  }
  take();
  auto node = make<Slice>(offset);
  node->object = std::move(object);
  node->start = std::move(start);
  if (!ends()) node->stop = expression();
  if (skip_operator(":") && !ends()) node->step = expression();
  expect_operator("]");
  const Expression* children[] = {node->object.get(), node->start.get(), node->stop.get(),
                                  node->step.get()};
  return over(std::move(node), {children[0], children[1], children[2], children[3]});
}

CallArguments ExpressionParser::call_arguments() {
  CallArguments arguments;
  expect_operator("(");
  bool first = true;
  while (!is_operator(")")) {
    if (!first) {
      expect_operator(",");
      if (is_operator(")")) break;
    }
    first = false;
    if (skip_operator("*")) {
      if (arguments.all_positional != nullptr) fail("a second list of arguments");
      arguments.all_positional = expression();
    } else if (skip_operator("**")) {
      if (arguments.all_named != nullptr) fail("a second dict of arguments");
      arguments.all_named = expression();
    } else if (is(Kind::Name) && ahead().kind == Kind::Operator && ahead().text == "=") {
      std::string name = take().text;
      take();
      arguments.named.push_back({std::move(name), expression()});
    } else {
      if (!arguments.named.empty()) fail("an argument without a name behind one with a name");
      arguments.positional.push_back(expression());
    }
  }
  take();
  return arguments;
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
  auto node = make<Call>(now().offset);
  node->arguments = call_arguments();
  deepen(*node, node->arguments);
  node->callee = std::move(callee);
  const Expression* child = node->callee.get();
  return over(std::move(node), {child});
}

std::unique_ptr<const FilterCall> ExpressionParser::filter(ExpressionPtr value) {
  const Token name = expect(Kind::Name, "the name of a filter");
  auto node = make<FilterCall>(name.offset);
  node->filter = find_filter(name.text);
  if (node->filter == nullptr) fail(name.offset, cat("there is no filter '", name.text, "'"));
  if (is_operator("(")) node->arguments = call_arguments();
  deepen(*node, node->arguments);
  node->value = std::move(value);
  const Expression* child = node->value.get();
  return over(std::move(node), {child});
}

ExpressionPtr ExpressionParser::test(ExpressionPtr value) {
  const std::size_t offset = take().offset;
  const bool negated = skip_word("not");
  const Token name = expect(Kind::Name, "the name of a test");
  auto node = make<TestCall>(name.offset);
  node->test = find_test(name.text);
  if (node->test == nullptr) fail(name.offset, cat("there is no test '", name.text, "'"));
  if (is_operator("(")) {
    node->arguments = call_arguments();
  } else if (starts_argument()) {
    if (is_word("is")) fail("a test of a test");
    node->arguments.positional.push_back(postfix(primary()));
  }
  deepen(*node, node->arguments);
  node->value = std::move(value);
  const Expression* child = node->value.get();
  ExpressionPtr result = over(std::move(node), {child});
  return negated ? unary_node(offset, "not", std::move(result)) : std::move(result);
}

bool ExpressionParser::starts_argument() const {
  if (is(Kind::Name)) return !is_word("else") && !is_word("or") && !is_word("and");
  return is(Kind::String) || is(Kind::Integer) || is(Kind::Float) || is_operator("[") ||
         is_operator("{");
}

}  // namespace roux::jinja
