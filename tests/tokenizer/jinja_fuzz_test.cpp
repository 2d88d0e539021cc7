// Templates that are damaged in random ways. Whatever is left of them, rendering ends soon, with a
// text or with an error that names the place; never with a crash or a hang.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <regex>

#include "roux/base/error.h"
#include "tokenizer/chat_builtin.h"
#include "tokenizer/chat_fixtures.h"

namespace roux {
namespace {

constexpr auto kLongest = std::chrono::seconds(20);

class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : random_(seed) {
    for (const auto& each : builtin_chat_templates()) sources_.emplace_back(each.source);
    const auto folder = std::filesystem::path(ROUX_TOKENIZER_FIXTURES) / "../chat/jinja";
    const auto snippets = chat_test::read_json(folder / "snippets.json");
    for (const auto& each : snippets) {
      if (each.contains("template")) sources_.push_back(each["template"].get<std::string>());
    }
    for (const std::string& source : sources_) {
      for (auto& token : tokens_of(source)) tokens_.push_back(std::move(token));
    }
  }

  std::string damaged() {
    switch (below(4)) {
      case 0:
        return damaged_bytes();
      case 1:
        return damaged_tokens();
      case 2:
        return spliced();
      default:
        return grown();
    }
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& source() { return sources_[below(sources_.size())]; }
  const std::string& token() { return tokens_[below(tokens_.size())]; }

  std::string damaged_bytes() {
    std::string text = source();
    for (std::size_t i = below(6) + 1; i > 0 && !text.empty(); --i) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(random_());
          break;
        case 1:
          text.insert(at, 1, "{}%#-+()[]'\"|.,:~\\"[below(18)]);
          break;
        case 2:
          text.erase(at, below(12));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(40)));
      }
    }
    return text;
  }

  std::string damaged_tokens() {
    std::vector<std::string> parts = tokens_of(source());
    for (std::size_t i = below(5) + 1; i > 0 && !parts.empty(); --i) {
      const std::size_t at = below(parts.size());
      switch (below(3)) {
        case 0:
          parts[at] = token();
          break;
        case 1:
          std::swap(parts[at], parts[below(parts.size())]);
          break;
        default:
          parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), token());
      }
    }
    return joined(parts);
  }

  std::string spliced() {
    const std::string& first = source();
    const std::string& second = source();
    return first.substr(0, below(first.size() + 1)) + second.substr(below(second.size() + 1));
  }

  // An expression of random words.
  std::string grown() {
    std::string text = "{{ ";
    for (std::size_t i = below(12) + 1; i > 0; --i) text += token() + " ";
    return text + "}}";
  }

  static std::vector<std::string> tokens_of(const std::string& text) {
    static const std::regex kToken(R"(\{%-?|-?%\}|\{\{-?|-?\}\}|'[^']*'|\w+|\s+|.)");
    return {std::sregex_token_iterator(text.begin(), text.end(), kToken),
            std::sregex_token_iterator()};
  }

  static std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& each : parts) text += each;
    return text;
  }

  std::mt19937_64 random_;
  std::vector<std::string> sources_;
  std::vector<std::string> tokens_;
};

const std::vector<ChatMessage> kMessages = {
    {"system", "Be brief."},
    {"user", " Hi 世界 "},
    {.role = "assistant",
     .content = "<think>x</think>Ho",
     .tool_calls = R"([{"id": "abcdefghi", "function": {"name": "f", "arguments": {"x": [1]}}}])"},
    {.role = "tool", .content = "3", .fields = R"({"tool_call_id": "abcdefghi"})"},
    {"assistant", "Three."}};

// What went wrong in a way that it must not, or "".
std::string failure_of(const std::string& source) {
  const auto start = std::chrono::steady_clock::now();
  try {
    const RenderedChat chat = ChatTemplate(source).render(
        kMessages,
        {.add_generation_prompt = true,
         .tools = R"([{"function": {"name": "f", "parameters": {}}}])",
         .variables = R"({"n": 7, "f": 2.5, "s": "Hello", "l": [3, 1, 2], "d": {"a": {"b": 1}}})"});
    for (const TextRange& range : chat.assistant) {
      if (range.begin >= range.end || range.end > chat.text.size())
        return "a range beyond the text";
    }
  } catch (const DataError& error) {
    static const std::regex kLocated(R"(chat template:[1-9][0-9]*:[1-9][0-9]*: [^]*)");
    if (!std::regex_match(error.what(), kLocated)) return cat("is not located: ", error.what());
  } catch (const std::exception& error) {
    return cat("threw: ", error.what());
  }
  if (std::chrono::steady_clock::now() - start > kLongest) return "took too long";
  return "";
}

void fuzz(int cases, std::uint64_t seed) {
  Fuzzer fuzzer(seed);
  for (int i = 0; i < cases; ++i) {
    const std::string source = fuzzer.damaged();
    ASSERT_EQ(failure_of(source), "") << "seed " << seed << ", case " << i << "\n" << source;
  }
}

TEST(JinjaFuzz, EndsInATextOrInAnErrorThatIsLocated) {
  fuzz(5'000, 1);
}

TEST(SlowJinjaFuzz, EndsInATextOrInAnErrorThatIsLocated) {
  for (std::uint64_t seed = 100; seed < 200; ++seed) fuzz(10'000, seed);
}

}  // namespace
}  // namespace roux
