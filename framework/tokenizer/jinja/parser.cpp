#include "tokenizer/jinja/ast.h"
#include "tokenizer/jinja/expression_parser.h"

namespace roux::jinja {
namespace {

class Parser final : private ExpressionParser {
 public:
  explicit Parser(Source source) : ExpressionParser(std::move(source)) {}

  Template run() {
    template_.body = body({});
    return std::move(template_);
  }

 private:
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

  int loops_ = 0;
};

}  // namespace

Template Template::parse(Source source) {
  return Parser(std::move(source)).run();
}

}  // namespace roux::jinja
