#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string_view>

#include "roux/base/error.h"
#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/filters.h"
#include "tokenizer/jinja/lexer.h"
#include "tokenizer/jinja/tests.h"

namespace roux::jinja {
namespace {

using Kind = Token::Kind;

constexpr int kMaxDepth = 300;

// A recursive descent as Jinja's own parser does it, with its order of operators.
class Parser {
 public:
  explicit Parser(Source source) {
    template_.source = std::move(source);
    tokens_ = tokenize(template_.source);
  }

  Template run() {
    template_.body = body({});
    return std::move(template_);
  }

 private:
  // One level of nesting, of blocks or of expressions.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.level_ > kMaxDepth) parser_.fail(cat("nested deeper than ", kMaxDepth));
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --parser_.level_; }

   private:
    Parser& parser_;
  };

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  [[noreturn]] void fail(std::string_view what) const { fail(now().offset, what); }
  [[noreturn]] void fail(std::size_t offset, std::string_view what) const {
    throw DataError(template_.source.located(offset, what));
  }

  std::string described() const {
    switch (now().kind) {
      case Kind::End:
        return "the end of the template";
      case Kind::Data:
        return "text";
      case Kind::String:
        return "a string";
      default:
        return cat("'", now().text, "'");
    }
  }

  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool is(Kind kind) const { return now().kind == kind; }
  bool is_operator(std::string_view text) const { return is(Kind::Operator) && now().text == text; }
  bool is_word(std::string_view text) const { return is(Kind::Name) && now().text == text; }

  bool skip_operator(std::string_view text) {
    const bool found = is_operator(text);
    if (found) take();
    return found;
  }
  bool skip_word(std::string_view text) {
    const bool found = is_word(text);
    if (found) take();
    return found;
  }

  void expect_operator(std::string_view text) {
    if (!skip_operator(text)) fail(cat("expected '", text, "', but found ", described()));
  }
  void expect_word(std::string_view text) {
    if (!skip_word(text)) fail(cat("expected '", text, "', but found ", described()));
  }
  Token expect(Kind kind, std::string_view what) {
    if (!is(kind)) fail(cat("expected ", what, ", but found ", described()));
    return take();
  }
  void end_of_tag() { expect(Kind::BlockEnd, "'%}'"); }

  NameId id(const std::string& name) {
    const auto found = std::find(template_.names.begin(), template_.names.end(), name);
    if (found == template_.names.end()) {
      template_.names.push_back(name);
      return static_cast<NameId>(template_.names.size() - 1);
    }
    return static_cast<NameId>(found - template_.names.begin());
  }

  template <typename T>
  std::unique_ptr<T> make(std::size_t offset) const {
    auto node = std::make_unique<T>();
    node->offset = offset;
    return node;
  }

  // Deep trees are built by loops too (a + b + c …), and evaluated by recursion.
  template <typename T>
  std::unique_ptr<T> over(std::unique_ptr<T> node,
                          std::initializer_list<const Expression*> children) const {
    for (const Expression* child : children) {
      if (child != nullptr) node->depth = std::max(node->depth, child->depth + 1);
    }
    if (node->depth > kMaxDepth) fail(node->offset, cat("nested deeper than ", kMaxDepth));
    return node;
  }

  void deepen(Expression& node, const CallArguments& arguments) const {
    const auto add = [&](const ExpressionPtr& child) {
      if (child != nullptr) node.depth = std::max(node.depth, child->depth + 1);
    };
    for (const auto& each : arguments.positional) add(each);
    for (const auto& each : arguments.named) add(each.value);
    add(arguments.all_positional);
    add(arguments.all_named);
    if (node.depth > kMaxDepth) fail(node.offset, cat("nested deeper than ", kMaxDepth));
  }

  std::size_t offset_of_last_tag() const {
    std::size_t i = at_;
    while (i > 0 && tokens_[i].kind != Kind::BlockBegin) --i;
    return tokens_[std::min(i + 1, tokens_.size() - 1)].offset;
  }

  // Statements up to one of these tags, which is the next word then; {} means to the end.
  Body body(std::initializer_list<std::string_view> ends) {
    const Level level(*this);
    const std::size_t start = offset_of_last_tag();
    Body body;
    for (;;) {
      if (is(Kind::Data)) {
        Token token = take();
        auto data = make<Data>(token.offset);
        data->text = std::move(token.text);
        body.push_back(std::move(data));
      } else if (is(Kind::VariableBegin)) {
        auto print = make<Print>(take().offset);
        print->value = tuple();
        expect(Kind::VariableEnd, "'}}'");
        body.push_back(std::move(print));
      } else if (is(Kind::BlockBegin)) {
        take();
        if (is(Kind::Name) && std::find(ends.begin(), ends.end(), now().text) != ends.end()) {
          return body;
        }
        body.push_back(statement());
      } else if (ends.size() == 0) {
        return body;
      } else {
        fail(start, cat("this block has no end: '", *(ends.end() - 1), "' is missing"));
      }
    }
  }

  std::unique_ptr<const Statement> statement() {
    const Token tag = expect(Kind::Name, "the name of a tag");
    if (tag.text == "if") return if_statement(tag.offset);
    if (tag.text == "for") return for_statement(tag.offset);
    if (tag.text == "set") return set_statement(tag.offset);
    if (tag.text == "macro") return macro(tag.offset);
    if (tag.text == "call") return call_block(tag.offset);
    if (tag.text == "filter") return filter_block(tag.offset);
    if (tag.text == "with") return with(tag.offset);
    if (tag.text == "generation") return generation(tag.offset);
    if (tag.text == "print") return print(tag.offset);
    if (tag.text == "break" || tag.text == "continue") return jump(tag);
    fail(tag.offset, cat("there is no tag '", tag.text, "' here"));
  }

  std::unique_ptr<const Statement> print(std::size_t offset) {
    auto node = make<Print>(offset);
    node->value = tuple();
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> jump(const Token& tag) {
    if (loops_ == 0) fail(tag.offset, cat("'", tag.text, "' outside of a loop"));
    auto node = make<Jump>(tag.offset);
    node->flow = tag.text == "break" ? Flow::Break : Flow::Continue;
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> if_statement(std::size_t offset) {
    auto node = make<If>(offset);
    node->branches.push_back({tuple_without_condition(), {}});
    for (;;) {
      end_of_tag();
      node->branches.back().body = body({"elif", "else", "endif"});
      if (skip_word("elif")) {
        node->branches.push_back({tuple_without_condition(), {}});
      } else if (skip_word("else")) {
        end_of_tag();
        node->branches.push_back({nullptr, body({"endif"})});
        expect_word("endif");
        break;
      } else {
        expect_word("endif");
        break;
      }
    }
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> for_statement(std::size_t offset) {
    auto node = make<For>(offset);
    node->target = target("in", false);
    expect_word("in");
    node->items = tuple_without_condition();
    if (skip_word("if")) node->condition = expression();
    node->recursive = skip_word("recursive");
    end_of_tag();
    ++loops_;
    node->body = body({"else", "endfor"});
    --loops_;
    if (skip_word("else")) {
      end_of_tag();
      node->otherwise = body({"endfor"});
    }
    expect_word("endfor");
    end_of_tag();
    return node;
  }

  // Names, possibly several, up to the word or operator `end`.
  Target target(std::string_view end, bool with_namespace) {
    const Level level(*this);
    Target first = one_target(end, with_namespace);
    if (!is_operator(",")) return first;
    Target all;
    all.offset = first.offset;
    all.several.push_back(std::move(first));
    while (skip_operator(",")) {
      if (is_word(end) || is_operator(end) || is_operator(")")) break;
      all.several.push_back(one_target(end, with_namespace));
    }
    return all;
  }

  Target one_target(std::string_view end, bool with_namespace) {
    if (is_operator("(")) {
      Target inner;
      inner.offset = take().offset;
      Target parsed = target(end, with_namespace);
      if (parsed.several.empty()) {
        inner = std::move(parsed);
      } else {
        inner.several = std::move(parsed.several);
      }
      expect_operator(")");
      return inner;
    }
    const Token name = expect(Kind::Name, "a name");
    for (const std::string_view constant : {"true", "false", "none", "True", "False", "None"}) {
      if (name.text == constant) fail(name.offset, cat("'", constant, "' cannot be assigned to"));
    }
    Target result{id(name.text), "", {}, name.offset};
    if (with_namespace && skip_operator(".")) {
      result.member = expect(Kind::Name, "a name").text;
    }
    return result;
  }

  std::unique_ptr<const Statement> set_statement(std::size_t offset) {
    Target assigned = target("=", true);
    if (skip_operator("=")) {
      auto node = make<Set>(offset);
      node->target = std::move(assigned);
      node->value = tuple();
      end_of_tag();
      return node;
    }
    auto node = make<SetBlock>(offset);
    node->target = std::move(assigned);
    node->filters = filters();
    end_of_tag();
    node->body = body({"endset"});
    take();
    end_of_tag();
    return node;
  }

  std::vector<std::unique_ptr<const FilterCall>> filters() {
    std::vector<std::unique_ptr<const FilterCall>> all;
    while (skip_operator("|")) all.push_back(filter(nullptr));
    return all;
  }

  std::unique_ptr<const Statement> filter_block(std::size_t offset) {
    auto node = make<FilterBlock>(offset);
    node->filters.push_back(filter(nullptr));
    for (auto& each : filters()) node->filters.push_back(std::move(each));
    end_of_tag();
    node->body = body({"endfilter"});
    take();
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> with(std::size_t offset) {
    auto node = make<With>(offset);
    while (!is(Kind::BlockEnd)) {
      if (!node->values.empty()) expect_operator(",");
      Target assigned = target("=", false);
      expect_operator("=");
      node->values.emplace_back(std::move(assigned), expression());
    }
    end_of_tag();
    node->body = body({"endwith"});
    take();
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> generation(std::size_t offset) {
    template_.has_generation = true;
    auto node = make<Generation>(offset);
    end_of_tag();
    const int loops = std::exchange(loops_, 0);  // it is a call: nothing jumps out of it
    node->body = body({"endgeneration"});
    loops_ = loops;
    take();
    end_of_tag();
    return node;
  }

  std::unique_ptr<const Statement> macro(std::size_t offset) {
    auto node = make<Macro>(offset);
    node->definition.name = expect(Kind::Name, "the name of the macro").text;
    node->name = id(node->definition.name);
    expect_operator("(");
    parameters(node->definition);
    macro_body(node->definition, "endmacro");
    return node;
  }

  std::unique_ptr<const Statement> call_block(std::size_t offset) {
    auto node = make<CallBlock>(offset);
    node->caller.name = "caller";
    if (skip_operator("(")) parameters(node->caller);
    const std::size_t start = now().offset;
    ExpressionPtr call = expression();
    if (dynamic_cast<const Call*>(call.get()) == nullptr) fail(start, "expected a call");
    node->call.reset(static_cast<const Call*>(call.release()));
    macro_body(node->caller, "endcall");
    return node;
  }

  // Behind the opening bracket.
  void parameters(MacroDefinition& macro) {
    while (!is_operator(")")) {
      if (!macro.parameters.empty()) expect_operator(",");
      const Token name = expect(Kind::Name, "the name of a parameter");
      MacroDefinition::Parameter parameter{id(name.text), name.text, nullptr};
      if (skip_operator("=")) {
        parameter.otherwise = expression();
      } else if (!macro.parameters.empty() && macro.parameters.back().otherwise != nullptr) {
        fail(name.offset, "a parameter without a default behind one that has one");
      }
      macro.parameters.push_back(std::move(parameter));
    }
    take();
  }

  void macro_body(MacroDefinition& macro, std::string_view end) {
    end_of_tag();
    const int loops = std::exchange(loops_, 0);
    const std::size_t first = at_;
    macro.body = body({end});
    loops_ = loops;
    for (std::size_t i = first; i < at_; ++i) {
      if (tokens_[i].kind != Kind::Name) continue;
      macro.takes_more |= tokens_[i].text == "varargs";
      macro.takes_more_named |= tokens_[i].text == "kwargs";
      macro.takes_caller |= tokens_[i].text == "caller";
    }
    take();
    end_of_tag();
  }

  bool ends_tuple() const {
    return is(Kind::VariableEnd) || is(Kind::BlockEnd) || is(Kind::End) || is_operator(")") ||
           is_operator("]") || is_operator("}");
  }

  ExpressionPtr tuple() {
    return tuple_of([this] { return expression(); }, false);
  }
  ExpressionPtr tuple_without_condition() {
    return tuple_of([this] { return disjunction(); }, false);
  }

  template <typename Parse>
  ExpressionPtr tuple_of(const Parse& parse, bool in_brackets) {
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

  ExpressionPtr finish(std::unique_ptr<ListLiteral> node) const {
    for (const auto& item : node->items) node = over(std::move(node), {item.get()});
    return node;
  }

  ExpressionPtr expression() {
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

  ExpressionPtr logical(std::size_t offset, bool is_and, ExpressionPtr left, ExpressionPtr right) {
    auto node = make<Logical>(offset);
    node->is_and = is_and;
    node->left = std::move(left);
    node->right = std::move(right);
    const Expression* children[] = {node->left.get(), node->right.get()};
    return over(std::move(node), {children[0], children[1]});
  }

  ExpressionPtr disjunction() {
    const std::size_t offset = now().offset;
    ExpressionPtr left = conjunction();
    while (skip_word("or")) left = logical(offset, false, std::move(left), conjunction());
    return left;
  }

  ExpressionPtr conjunction() {
    const std::size_t offset = now().offset;
    ExpressionPtr left = negation();
    while (skip_word("and")) left = logical(offset, true, std::move(left), negation());
    return left;
  }

  ExpressionPtr unary_node(std::size_t offset, std::string operation, ExpressionPtr operand) {
    auto node = make<Unary>(offset);
    node->operation = std::move(operation);
    node->operand = std::move(operand);
    const Expression* child = node->operand.get();
    return over(std::move(node), {child});
  }

  ExpressionPtr negation() {
    const Level level(*this);
    if (!is_word("not")) return comparison();
    const std::size_t offset = take().offset;
    return unary_node(offset, "not", negation());
  }

  ExpressionPtr comparison() {
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

  // Operators of one rank, from left to right.
  template <typename Parse>
  ExpressionPtr chain(std::initializer_list<std::string_view> operations, const Parse& parse) {
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

  ExpressionPtr sum() {
    return chain({"+", "-"}, [this] { return concatenation(); });
  }

  ExpressionPtr concatenation() {
    auto node = make<Concatenation>(now().offset);
    node->parts.push_back(product());
    while (skip_operator("~")) node->parts.push_back(product());
    if (node->parts.size() == 1) return std::move(node->parts.front());
    for (const auto& part : node->parts) node = over(std::move(node), {part.get()});
    return node;
  }

  ExpressionPtr product() {
    return chain({"*", "/", "//", "%"}, [this] { return power(); });
  }

  ExpressionPtr power() {
    return chain({"**"}, [this] { return unary(true); });
  }

  ExpressionPtr unary(bool with_filter) {
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

  ExpressionPtr constant(std::size_t offset, Value value) const {
    auto node = make<Constant>(offset);
    node->value = std::move(value);
    return node;
  }

  ExpressionPtr primary() {
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

  Value number(const Token& token) const {
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

  ExpressionPtr list() {
    auto node = make<ListLiteral>(take().offset);
    while (!is_operator("]")) {
      if (!node->items.empty()) expect_operator(",");
      if (is_operator("]")) break;
      node->items.push_back(expression());
    }
    take();
    return finish(std::move(node));
  }

  ExpressionPtr dict() {
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

  ExpressionPtr postfix(ExpressionPtr value) {
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

  ExpressionPtr filtered(ExpressionPtr value) {
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

  ExpressionPtr member(ExpressionPtr object) {
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

  ExpressionPtr subscript(ExpressionPtr object) {
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

  CallArguments call_arguments() {
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

  ExpressionPtr call(ExpressionPtr callee) {
    auto node = make<Call>(now().offset);
    node->arguments = call_arguments();
    deepen(*node, node->arguments);
    node->callee = std::move(callee);
    const Expression* child = node->callee.get();
    return over(std::move(node), {child});
  }

  // Behind the '|'.
  std::unique_ptr<const FilterCall> filter(ExpressionPtr value) {
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

  ExpressionPtr test(ExpressionPtr value) {
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

  bool starts_argument() const {
    if (is(Kind::Name)) return !is_word("else") && !is_word("or") && !is_word("and");
    return is(Kind::String) || is(Kind::Integer) || is(Kind::Float) || is_operator("[") ||
           is_operator("{");
  }

  Template template_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int level_ = 0;
  int loops_ = 0;
};

}  // namespace

Template Template::parse(Source source) {
  return Parser(std::move(source)).run();
}

}  // namespace roux::jinja
