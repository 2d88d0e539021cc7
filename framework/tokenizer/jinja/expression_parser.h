#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/lexer.h"

namespace roux::jinja {

// A recursive descent as Jinja's own parser does it, with its order of operators: the part that
// reads expressions, and the tokens that both parts share. parser.cpp has the one for statements.
class ExpressionParser {
 protected:
  using Kind = Token::Kind;

  static constexpr int kMaxDepth = 300;

  explicit ExpressionParser(Source source) {
    template_.source = std::move(source);
    tokens_ = tokenize(template_.source);
  }

  // One level of nesting, of blocks or of expressions.
  class Level {
   public:
    explicit Level(ExpressionParser& parser) : parser_(parser) {
      if (++parser_.level_ > kMaxDepth) parser_.fail(cat("nested deeper than ", kMaxDepth));
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --parser_.level_; }

   private:
    ExpressionParser& parser_;
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

  ExpressionPtr tuple();
  ExpressionPtr tuple_without_condition();
  ExpressionPtr expression();

  // Behind the '|'.
  std::unique_ptr<const FilterCall> filter(ExpressionPtr value);

  Template template_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int level_ = 0;

 private:
  bool ends_tuple() const;
  template <typename Parse>
  ExpressionPtr tuple_of(const Parse& parse, bool in_brackets);
  ExpressionPtr finish(std::unique_ptr<ListLiteral> node) const;
  ExpressionPtr logical(std::size_t offset, bool is_and, ExpressionPtr left, ExpressionPtr right);
  ExpressionPtr disjunction();
  ExpressionPtr conjunction();
  ExpressionPtr unary_node(std::size_t offset, std::string operation, ExpressionPtr operand);
  ExpressionPtr negation();
  ExpressionPtr comparison();

  // Operators of one rank, from left to right.
  template <typename Parse>
  ExpressionPtr chain(std::initializer_list<std::string_view> operations, const Parse& parse);

  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filter);
  ExpressionPtr constant(std::size_t offset, Value value) const;
  ExpressionPtr primary();
  Value number(const Token& token) const;
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr value);
  ExpressionPtr filtered(ExpressionPtr value);
  ExpressionPtr member(ExpressionPtr object);
  ExpressionPtr subscript(ExpressionPtr object);
  CallArguments call_arguments();
  ExpressionPtr call(ExpressionPtr callee);
  ExpressionPtr test(ExpressionPtr value);
  bool starts_argument() const;
};

}  // namespace roux::jinja
