#include "config/references.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"
#include "roux/config/type.h"

namespace roux::config {
namespace {

// Strings that refer to strings can double in length at each step, and many can refer to a long
// one.
constexpr std::size_t kMaxText = 64U << 10U;
constexpr std::size_t kMaxTextInAll = 16U << 20U;
constexpr std::size_t kMaxChain = 64;

// Comparing a name with all keys takes time: whoever wrote more wrong ones is told without it.
constexpr int kMaxSuggestions = 5;

// One reference that can't be replaced; what() says why.
class BadReference : public ConfigError {
 public:
  using ConfigError::ConfigError;
};

const std::string* text_in(const Value& value) {
  if (const auto* string = value.as<std::string>()) return string;
  const auto* text = value.as<Text>();
  return text ? &text->text : nullptr;
}

// A value as it reads inside a longer string.
std::string inline_text(const Value& value) {
  const auto* text = text_in(value);
  return text ? *text : to_toml(value);
}

std::vector<std::string> all_keys(const Value& value, const std::string& prefix) {
  std::vector<std::string> keys;
  const auto* table = value.as<Table>();
  if (!table) return keys;
  for (const auto& [key, inner] : table->entries()) {
    keys.push_back(join_key(prefix, quote_key(key)));
    const auto below = all_keys(inner, keys.back());
    keys.insert(keys.end(), below.begin(), below.end());
  }
  return keys;
}

class Expander {
 public:
  Expander(Value& root, Problems& problems) : root_(root), problems_(problems) {}

  void run() { walk(root_, ""); }

 private:
  void walk(Value& value, const std::string& key) {
    if (auto* table = value.as<Table>()) {
      for (auto& [name, inner] : table->entries()) walk(inner, join_key(key, quote_key(name)));
    } else if (auto* array = value.as<Array>()) {
      for (std::size_t i = 0; i < array->size(); ++i) walk((*array)[i], cat(key, "[", i, "]"));
    } else {
      replace(value, key);
    }
  }

  // Replaces the references in one string; on an error the string stays as it is.
  void replace(Value& value, const std::string& key) {
    const auto* text = text_in(value);
    // A default was made in code, where no text is a reference.
    if (!text || value.place().is_default() || text->find("${") == std::string::npos) return;
    if (done_.contains(&value)) return;

    under_way_.push_back({&value, key});
    try {
      Value expanded = expand(*text, value);
      expanded.set_key_place(value.key_place());
      value = std::move(expanded);
    } catch (const BadReference& error) {
      problems_.add_at(value.place(), key, error.what());
      failed_.insert(&value);
    }
    under_way_.pop_back();
    // Looked at once: what came in from the environment is not expanded again.
    done_.insert(&value);
  }

  Value expand(const std::string& text, const Value& from) {
    const bool bare = from.as<Text>() != nullptr;
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
      const auto rest = std::string_view(text).substr(at);
      if (rest.starts_with("$${")) {
        out += "${";
        at += 3;
      } else if (rest.starts_with("${")) {
        const auto end = rest.find('}');
        if (end == std::string_view::npos) throw BadReference("has a ${ that is never closed");
        const auto name = rest.substr(2, end - 2);
        if (name.find("${") != std::string_view::npos) {
          throw BadReference("has a ${ inside of another, and only whole keys can be referred to");
        }
        const Value value = look_up(std::string(name), from);
        const std::string replacement = inline_text(value);
        account(replacement.size());
        if (at == 0 && end + 1 == text.size()) return value;
        out += replacement;
        at += end + 1;
      } else {
        out += text[at++];
      }
      if (out.size() > kMaxText) throw BadReference(cat("expands to over ", kMaxText, " bytes"));
    }
    return bare ? Value(Text{out}, from.place()) : Value(out, from.place());
  }

  void account(std::size_t size) {
    in_all_ += size;
    if (in_all_ > kMaxTextInAll) {
      throw BadReference(
          cat("expands, with all other references, to over ", kMaxTextInAll, " bytes"));
    }
  }

  Value look_up(const std::string& name, const Value& from) {
    if (name == "dir") return folder(from);
    if (name.starts_with("env:")) return environment(name.substr(4), from);
    return other_key(name, from);
  }

  static Value folder(const Value& from) {
    if (!from.place().folder) throw BadReference("stands in no file that ${dir} could name");
    return {from.place().folder->string(), from.place()};
  }

  static Value environment(const std::string& rest, const Value& from) {
    const auto colon = rest.find(':');
    const auto name = rest.substr(0, colon);
    if (const char* value = std::getenv(name.c_str())) return {Text{value}, from.place()};
    if (colon != std::string::npos) return {Text{rest.substr(colon + 1)}, from.place()};
    throw BadReference(cat("refers to the environment variable ", printable(name),
                           ", which is not set (${env:NAME:DEFAULT} gives a default)"));
  }

  Value other_key(const std::string& given, const Value& from) {
    const auto name = printable(given);
    Value* target = nullptr;
    try {
      target = const_cast<Value*>(find_path(root_, given));
    } catch (const ConfigError&) {
      // Reported below like any name that is no key.
    }
    if (!target) {
      const bool suggest = ++unknown_ <= kMaxSuggestions;
      throw BadReference(cat("refers to ", name, ", which is no key",
                             suggest ? did_you_mean(given, all_keys(root_, "")) : ""));
    }
    if (target->as<Table>() || target->as<Array>()) {
      throw BadReference(cat("refers to ", name, ", which is ", describe(*target),
                             ": only single values can be referred to"));
    }
    check_chain(*target, name);
    replace(*target, name);
    if (failed_.contains(target)) {
      throw BadReference(cat("refers to ", name, ", which has a problem"));
    }
    return {target->data(), from.place()};
  }

  void check_chain(const Value& target, const std::string& name) const {
    const auto begin = std::ranges::find(under_way_, &target, &UnderWay::value);
    if (begin != under_way_.end()) {
      std::string chain;
      for (auto each = begin; each != under_way_.end(); ++each) chain += cat(each->key, " -> ");
      throw BadReference(cat("refers to itself: ", chain, name));
    }
    if (under_way_.size() >= kMaxChain) {
      throw BadReference(cat("is the end of a chain of over ", kMaxChain, " references"));
    }
  }

  // A string that is being expanded.
  struct UnderWay {
    const Value* value;
    std::string key;
  };

  Value& root_;
  Problems& problems_;
  std::vector<UnderWay> under_way_;  // outermost first: each refers to the next
  std::set<const Value*> done_;
  std::set<const Value*> failed_;
  std::size_t in_all_ = 0;
  int unknown_ = 0;
};

}  // namespace

void expand_references(Value& root, Problems& problems) {
  Expander(root, problems).run();
}

}  // namespace roux::config
