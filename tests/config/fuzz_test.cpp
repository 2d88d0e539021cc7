// Config text that nobody would write. Whatever is given, loading ends soon, with a config or with
// problems that a user can find; never with a crash, a hang or a bug's message.
#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "config/random_config.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/dump.h"
#include "roux/config/help.h"

namespace roux::config {
namespace {

using example::Components;
using example::Config;
using example::RandomConfig;

constexpr int kCases = 5'000;
constexpr int kSlowCases = 100'000;
constexpr auto kLongest = std::chrono::seconds(2);

// What a user would have written and given.
struct Input {
  std::string file;
  std::vector<std::string> words;
};

std::string to_string(const Input& input) {
  std::string text = cat("file:\n", to_toml(Value(input.file, {})), "\nwords:\n");
  for (const auto& each : input.words) text += to_toml(Value(each, {})) + "\n";
  return text;
}

// Makes inputs; the same ones for the same seed.
class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : random_(seed), configs_(seed) {}

  Input random_bytes() { return {bytes(configs_.below(300)), {}}; }

  Input truncated_dump() {
    const auto text = dump();
    return {text.substr(0, configs_.below(text.size() + 1)), {}};
  }

  Input mutated_bytes() {
    auto text = dump();
    for (std::size_t i = configs_.below(8) + 1; i > 0; --i) {
      const auto at = configs_.below(text.size());
      switch (configs_.below(3)) {
        case 0:
          text[at] = static_cast<char>(configs_.below(256));
          break;
        case 1:
          text.insert(at, bytes(configs_.below(4)));
          break;
        default:
          text.erase(at, configs_.below(10));
      }
      if (text.empty()) break;
    }
    return {text, {}};
  }

  Input mutated_tokens() {
    std::vector<std::string> tokens = tokens_of(dump());
    for (std::size_t i = configs_.below(6) + 1; i > 0; --i) {
      const auto at = configs_.below(tokens.size());
      switch (configs_.below(3)) {
        case 0:
          tokens[at] = value();
          break;
        case 1:
          std::swap(tokens[at], tokens[configs_.below(tokens.size())]);
          break;
        default:
          tokens[at] = key();
      }
    }
    std::string text;
    for (const auto& token : tokens) text += token;
    return {text, {}};
  }

  Input spliced() {
    const auto first = dump();
    const auto second = dump();
    return {first.substr(0, configs_.below(first.size())) +
                second.substr(configs_.below(second.size())),
            {}};
  }

  Input random_keys() {
    std::string text;
    for (std::size_t i = configs_.below(12); i > 0; --i) text += cat(key(), " = ", value(), "\n");
    return {text, {}};
  }

  Input overrides() {
    Input input;
    if (configs_.maybe()) input.file = dump();
    for (std::size_t i = configs_.below(6) + 1; i > 0; --i) {
      static const std::vector<std::string> kVerbs = {"", "", "", "", "set:", "del:", "del", ":"};
      auto text = cat(configs_.one_of(kVerbs), key());
      if (configs_.below(8) != 0) text += cat("=", configs_.below(4) == 0 ? bytes(8) : value());
      input.words.push_back(std::move(text));
    }
    return input;
  }

  Input references() {
    Input input;
    for (std::size_t i = configs_.below(6) + 1; i > 0; --i) {
      std::string text;
      for (std::size_t part = configs_.below(4) + 1; part > 0; --part) text += reference();
      input.words.push_back(cat(key(), "=", text));
    }
    return input;
  }

 private:
  std::string dump() {
    const Config config = configs_.config();
    return dump_toml(config_type<Config>(), &config, Components());
  }

  std::string bytes(std::size_t count) {
    std::string text;
    for (; count > 0; --count) text += static_cast<char>(random_());
    return text;
  }

  // A key that there is, or nearly.
  std::string key() {
    static const std::vector<std::string> kKeys = [] {
      const Config config;
      auto keys = all_keys(config_type<Config>(), &config, Components());
      for (const char* more :
           {"regime", "data", "data.split.share", "data.weights.a", "data.extra.a.b", "optimizer",
            "optimizer.config", "optimizer.config.momentum", "optimizer.config.groups", "more"}) {
        keys.emplace_back(more);
      }
      return keys;
    }();
    auto key = configs_.one_of(kKeys);
    if (configs_.below(4) == 0) key[configs_.below(key.size())] = one_char();
    if (configs_.below(8) == 0) key.insert(configs_.below(key.size()), 1, one_char());
    if (configs_.below(8) == 0) key += cat(".", configs_.one_of(kKeys));
    return key;
  }

  char one_char() {
    static const std::string kChars = "abz_-.\"'=[]{}$ \\09\n";
    return kChars[configs_.below(kChars.size())];
  }

  std::string value() {
    static const std::vector<std::string> kValues = {"1",
                                                     "0",
                                                     "-1",
                                                     "9223372036854775807",
                                                     "1e400",
                                                     "nan",
                                                     "-inf",
                                                     "0.1",
                                                     "true",
                                                     "false",
                                                     "none",
                                                     "\"none\"",
                                                     "\"sgd\"",
                                                     "adamw",
                                                     "\"15s\"",
                                                     "\"64MiB\"",
                                                     "[]",
                                                     "[1, 2]",
                                                     "[0.9, 0.99]",
                                                     "[\"a\"]",
                                                     "{}",
                                                     "{a = 1}",
                                                     "{name = \"sgd\"}",
                                                     "{name = \"sgd\", config = {lr = 1}}",
                                                     "[{name = \"adamw\"}]",
                                                     "{share = 0.5}",
                                                     "[[[[1]]]]",
                                                     "{a = {b = {c = 1}}}",
                                                     "1979-05-27",
                                                     "\"",
                                                     "'",
                                                     "\"\"\"",
                                                     "[",
                                                     "{",
                                                     "=",
                                                     "",
                                                     "#",
                                                     "\"\\u0000\"",
                                                     "\"${title}\"",
                                                     "bfloat16"};
    if (configs_.below(4) == 0) return cat('"', reference(), '"');
    return configs_.one_of(kValues);
  }

  std::string reference() {
    switch (configs_.below(6)) {
      case 0:
        return "${dir}";
      case 1:
        return cat("${env:", configs_.one_of<std::string>({"HOME", "ROUX_NOT_SET", "", "PATH:x"}),
                   "}");
      case 2:
        return cat("${env:ROUX_NOT_SET:", configs_.one_of<std::string>({"7", "[1]", "${", "none"}),
                   "}");
      case 3:
        return configs_.one_of<std::string>({"$${", "${", "}", "$", "${}", "$${dir}", "text", "7"});
      default:
        return cat("${", key(), "}");
    }
  }

  // Words, and what stands between them.
  static std::vector<std::string> tokens_of(const std::string& text) {
    std::vector<std::string> tokens;
    bool in_word = false;
    for (const char c : text) {
      const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (tokens.empty() || word != in_word) tokens.emplace_back();
      tokens.back() += c;
      in_word = word;
    }
    return tokens;
  }

  std::mt19937_64 random_;
  RandomConfig configs_;
};

// "a.toml:1:2: …", "--config …: …", or a key that needs to be specified.
bool is_located(const std::string& line) {
  static const std::regex kFile(R"(a\.toml:[1-9][0-9]*:[1-9][0-9]*: .*)");
  return std::regex_match(line, kFile) || line.starts_with("--config ") ||
         line.ends_with(" needs to be specified");
}

bool are_located(const std::string& message) {
  for (const auto& line : split(message, '\n')) {
    if (!is_located(line) || line.size() > 2'000) return false;
  }
  return true;
}

// What went wrong in a way that it must not, or "".
std::string failure_of(const Input& input) {
  const auto start = std::chrono::steady_clock::now();
  try {
    std::vector<ConfigSource> sources = {example::file(input.file)};
    for (const auto& each : input.words) sources.push_back(example::word(each));
    const auto loaded = load_config(config_type<Config>(), sources, Components());
    loaded.problems.throw_if_any();

    const auto type = config_type<Config>();
    const auto text = dump_toml(type, loaded.object.get(), Components());
    const auto again = load_config(type, {example::file(text)}, Components());
    again.problems.throw_if_any();
    if (dump_toml(type, again.object.get(), Components()) != text)
      return "the dump changed:\n" + text;
  } catch (const ConfigError& error) {
    if (!are_located(error.what())) return cat("is not located: ", error.what());
  } catch (const std::exception& error) {
    return cat("threw: ", error.what());
  }
  if (std::chrono::steady_clock::now() - start > kLongest) return "took too long";
  return "";
}

using Make = Input (Fuzzer::*)();

void fuzz(Make make, int cases, std::uint64_t first_seed) {
  for (int i = 0; i < cases; ++i) {
    const auto seed = first_seed + static_cast<std::uint64_t>(i);
    const Input input = (Fuzzer(seed).*make)();
    const auto failure = failure_of(input);
    ASSERT_EQ(failure, "") << "seed " << seed << "\n" << to_string(input);
  }
}

struct Kind {
  const char* name;
  Make make;
  int share;  // of all cases, in percent
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

const std::vector<Kind> kKinds = {
    {"RandomBytes", &Fuzzer::random_bytes, 10},   {"TruncatedDumps", &Fuzzer::truncated_dump, 10},
    {"MutatedBytes", &Fuzzer::mutated_bytes, 20}, {"MutatedTokens", &Fuzzer::mutated_tokens, 10},
    {"SplicedDumps", &Fuzzer::spliced, 10},       {"RandomKeys", &Fuzzer::random_keys, 10},
    {"Overrides", &Fuzzer::overrides, 20},        {"References", &Fuzzer::references, 10},
};

std::string name_of(const ::testing::TestParamInfo<Kind>& info) {
  return info.param.name;
}

class ConfigFuzz : public ::testing::TestWithParam<Kind> {};

TEST_P(ConfigFuzz, EndsInAConfigOrInProblemsThatAreLocated) {
  fuzz(GetParam().make, kCases * GetParam().share / 100, 0);
}

INSTANTIATE_TEST_SUITE_P(Inputs, ConfigFuzz, ::testing::ValuesIn(kKinds), name_of);

class SlowConfigFuzz : public ::testing::TestWithParam<Kind> {};

TEST_P(SlowConfigFuzz, EndsInAConfigOrInProblemsThatAreLocated) {
  fuzz(GetParam().make, kSlowCases * GetParam().share / 100, 1'000'000);
}

INSTANTIATE_TEST_SUITE_P(Inputs, SlowConfigFuzz, ::testing::ValuesIn(kKinds), name_of);

}  // namespace
}  // namespace roux::config
