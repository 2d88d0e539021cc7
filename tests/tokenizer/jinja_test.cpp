#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"
#include "tokenizer/chat_fixtures.h"
#include "tokenizer/jinja/json.h"
#include "tokenizer/jinja/runtime.h"

namespace roux::jinja {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string render(std::string_view source, const Dict& variables = {}) {
  const Template parsed = Template::parse(Source::make("t.jinja", source));
  return Runtime(parsed, variables, {}).run().bytes;
}

TEST(Jinja, RendersWhatJinja2Renders) {
  const auto fixtures = std::filesystem::path(ROUX_TOKENIZER_FIXTURES) / "../chat/jinja";
  const auto snippets = chat_test::read_json(fixtures / "snippets.json");
  const Value variables = parse_json(snippets[0]["variables"].dump(), "variables");

  for (std::size_t i = 1; i < snippets.size(); ++i) {
    const auto& snippet = snippets[i];
    const auto source = snippet["template"].get<std::string>();
    std::string result;
    try {
      result = render(source, *variables.dict());
      EXPECT_TRUE(snippet.contains("result"))
          << source << "\nis " << result << "\nwhere jinja2 says " << snippet.value("error", "");
    } catch (const DataError& error) {
      EXPECT_TRUE(snippet.contains("error"))
          << source << "\n"
          << error.what() << "\nwhere jinja2 says " << snippet.value("result", "");
      continue;
    }
    EXPECT_EQ(result, snippet.value("result", result)) << source;
  }
}

void expect_error(std::string_view source, const std::string& message) {
  EXPECT_THAT([&] { render(source); }, ThrowsMessage<DataError>(HasSubstr(message))) << source;
}

TEST(Jinja, NamesThePlaceOfWhatIsWrong) {
  expect_error("a\n  {% if x %}", "t.jinja:2:6: this block has no end: 'endif' is missing");
  expect_error("a\n {{ x | nope }}", "t.jinja:2:9: there is no filter 'nope'");
  expect_error("é {{ 1 is nope }}", "t.jinja:1:11: there is no test 'nope'");
  expect_error("{% nope %}", "t.jinja:1:4: there is no tag 'nope' here");
  expect_error("{{ x.y }}", "t.jinja:1:5: 'x' is undefined");
  expect_error("\n\n{{ {}.x.y }}", "t.jinja:3:8: 'dict object' has no attribute 'x'");
  expect_error("{{ nope() }}", "t.jinja:1:8: 'nope' is undefined");
  expect_error("{{ raise_exception('roles must alternate') }}",
               "t.jinja:1:19: the template refuses: roles must alternate");
}

TEST(Jinja, StopsWhatWouldNotEnd) {
  expect_error("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
               "steps");
  expect_error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested too deeply");
  expect_error("{{ range(1000000) }}", "a range must not be longer than 100000");
  expect_error("{{ 'a' * 1000000000 }}", "a text grows beyond");
  expect_error("{{ [1] * 1000000000 }}", "steps");
  expect_error(
      "{% set n = namespace(s='ab') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}"
      "{% endfor %}",
      "a text grows beyond");
  expect_error(
      "{% set n = namespace(l=[]) %}{% for i in range(999) %}{% set n.l = [n.l] %}"
      "{% endfor %}",
      "nested deeper than");
  expect_error("{% set n = namespace() %}{% set n.n = n %}{{ n }}", "holds itself");
  expect_error("{{ 9223372036854775807 + 1 }}", "an integer beyond 64 bits");
  expect_error("{{ 2 ** 100 }}", "an integer beyond 64 bits");
  expect_error("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}",
               "nested deeper than");
  std::string sum = "{{ 1";
  for (int i = 0; i < 5000; ++i) sum += " + 1";
  expect_error(sum + " }}", "nested deeper than");
}

TEST(Jinja, CannotReachBeyondItsVariables) {
  expect_error("{{ ''.__class__.__mro__ }}", "has no attribute '__class__'");
  expect_error("{{ [].append(1) }}", "'append' would change a list");
  expect_error("{{ {}.update({}) }}", "'update' would change a dict");
}

Text marked(std::string bytes, std::int32_t message) {
  Text text{std::move(bytes), {}};
  text.mark_all(message);
  return text;
}

// The marks of what the template makes of x, marked as from message 7: "[…]" around each.
std::string marks_of(std::string_view source, const std::string& x) {
  const Template parsed = Template::parse(Source::make("t.jinja", source));
  Dict variables;
  variables.set("x", marked(x, 7));
  const Text text = Runtime(parsed, variables, {}).run();
  std::string result;
  std::size_t at = 0;
  for (const Mark& mark : text.marks) {
    EXPECT_EQ(mark.message, 7);
    result += text.bytes.substr(at, mark.begin - at) + "[";
    result += text.bytes.substr(mark.begin, mark.end - mark.begin) + "]";
    at = mark.end;
  }
  return result + text.bytes.substr(at);
}

TEST(Jinja, KnowsWhereAPieceOfTextIsFrom) {
  EXPECT_EQ(marks_of("a{{ x }}b", "said"), "a[said]b");
  EXPECT_EQ(marks_of("{{ 'a' + x ~ 1 }}", "said"), "a[said]1");
  EXPECT_EQ(marks_of("{{ ' ' ~ x | trim ~ ' ' }}", " said\n"), " [said] ");
  EXPECT_EQ(marks_of("{{ ('<' + x + '>').strip('<>') }}", "said"), "[said]");
  EXPECT_EQ(marks_of("{{ x.split('|')[-1] ~ x.split('|')[0] }}", "a|b"), "[ba]");
  EXPECT_EQ(marks_of("{{ ('ab' + x)[1:4] }}", "said"), "b[sa]");
  EXPECT_EQ(marks_of("{{ ('ab' + x)[::-1] }}", "cd"), "[dc]ba");
  EXPECT_EQ(marks_of("{{ ('a-' + x).replace('-', '+') }}", "b-c"), "a+[b+c]");
  EXPECT_EQ(marks_of("a{{ x | upper }}", "said"), "a[SAID]");
  EXPECT_EQ(marks_of("{{ {'k': x} | tojson }}", "a\"b"), R"({"k": ["a\"b"]})");
  EXPECT_EQ(marks_of("{{ ['a', x, 'b'] | join('-') }}", "c"), "a-[c]-b");
  EXPECT_EQ(marks_of("{% set y %}<{{ x }}>{% endset %}{{ y }}", "c"), "<[c]>");
  EXPECT_EQ(marks_of("{% macro f(y) %}<{{ y }}>{% endmacro %}{{ f(x) }}", "c"), "<[c]>");
  EXPECT_EQ(marks_of("{{ '%s!' % x }}{{ '{}?'.format(x) }}", "c"), "[c]![c]?");
  EXPECT_EQ(marks_of("{{ x | indent(2) }}", "a\nb"), "[a]\n  [b]");
  EXPECT_EQ(marks_of("{% for c in x %}{{ c }}.{% endfor %}", "ab"), "[a].[b].");
  EXPECT_EQ(marks_of("a{{ x | trim }}b", " \n"), "a[]b");
  EXPECT_EQ(marks_of("a{{ x }}b", ""), "a[]b");
  EXPECT_EQ(marks_of("{{ ('ab' + x + 'cd')[1:3] }}", ""), "b[]c");
}

TEST(Jinja, KnowsThatANumberOfACallIsTheCallers) {
  const Value call = parse_json(R"({"days": 2})", "call", 7);
  const Template parsed = Template::parse(Source::make("t", "a{{ x | tojson }}b"));
  Dict variables;
  variables.set("x", call);

  const Text text = Runtime(parsed, variables, {}).run();

  ASSERT_EQ(text.marks.size(), 1U);
  EXPECT_EQ(text.bytes, R"(a{"days": 2}b)");
  EXPECT_EQ(text.marks[0].begin, 1U);
  EXPECT_EQ(text.marks[0].end, 12U);
}

TEST(Jinja, ShowsTheTimeThatItIsGiven) {
  const Template parsed = Template::parse(Source::make("t", "{{ strftime_now('%Y') }}"));
  const auto time = std::chrono::system_clock::from_time_t(1'000'000'000);

  EXPECT_EQ(Runtime(parsed, {}, time).run().bytes, "2001");
}

}  // namespace
}  // namespace roux::jinja
