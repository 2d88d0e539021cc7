#include "roux/config/value.h"

#include <algorithm>
#include <cctype>

#include "roux/base/error.h"
#include "roux/config/toml.h"

namespace roux::config {

std::string to_string(const Place& place) {
  if (place.is_default()) return "default";
  if (place.line == 0) return *place.source;
  return cat(*place.source, ":", place.line, ":", place.column);
}

Table::Table() = default;
Table::Table(const Table&) = default;
Table::Table(Table&&) noexcept = default;
Table& Table::operator=(const Table&) = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

bool Table::empty() const {
  return entries_.empty();
}

const Value* Table::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

Value* Table::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Table::set(std::string_view key, Value value) {
  if (Value* known = find(key)) return *known = std::move(value);

  index_.emplace(key, entries_.size());
  return entries_.emplace_back(std::string(key), std::move(value)).second;
}

bool Table::erase(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return false;

  const std::size_t gone = found->second;
  index_.erase(found);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(gone));
  for (auto& [name, position] : index_) {
    if (position > gone) --position;
  }
  return true;
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entries_) keys.push_back(key);
  return keys;
}

namespace {

// Bytes of a value, and of a word of the command line, that a message shows.
constexpr std::size_t kShownValue = 60;
constexpr std::size_t kShownWord = 120;

// Long strings are cut: a message is to be read.
std::string shortened(std::string_view text, std::size_t shown = kShownValue) {
  if (text.size() <= shown) return std::string(text);
  std::size_t end = shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return cat(text.substr(0, end), "…");
}

struct Describer {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return cat(value); }
  std::string operator()(double value) const { return to_toml(Value(value, {})); }
  std::string operator()(const std::string& value) const {
    return cat("the string ", to_toml(Value(shortened(value), {})));
  }
  std::string operator()(const Text& value) const {
    return value.text.empty() ? "empty" : to_toml(Value(shortened(value.text), {}));
  }
  std::string operator()(const Date& value) const { return cat("the date ", value.text); }
  std::string operator()(const Array&) const { return "an array"; }
  std::string operator()(const Table&) const { return "a table"; }
};

bool is_bare(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-');
  });
}

// How long the quoted text at the front of `rest` is, or npos if its quote is never closed.
std::size_t quoted_size(std::string_view rest) {
  const char quote = rest[0];
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == quote) return i + 1;
    if (rest[i] == '\\' && quote == '"') ++i;
  }
  return std::string_view::npos;
}

// Takes one part of a dotted key off the front of `rest`.
std::string take_part(std::string_view& rest, std::string_view dotted) {
  if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) {
    const auto end = std::min(rest.find('.'), rest.size());
    const auto part = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
    return part;
  }
  const auto size = quoted_size(rest);
  if (size == std::string_view::npos) {
    throw ConfigError(cat("the key ", printable(dotted), " has a quote that is never closed"));
  }
  const auto quoted = rest.substr(0, size);
  rest.remove_prefix(size);
  if (quoted.find('\\') == std::string_view::npos || quoted[0] == '\'') {
    return std::string(quoted.substr(1, size - 2));
  }
  const Value part = parse_toml_value(quoted, {});
  return *part.as<std::string>();
}

}  // namespace

std::string describe(const Value& value) {
  return std::visit(Describer(), value.data());
}

std::string printable(std::string_view text) {
  const auto shown = shortened(text, kShownWord);
  // As it was typed, but for what a terminal would act on.
  const bool plain =
      std::ranges::none_of(shown, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return plain ? shown : to_toml(Value(shown, {}));
}

std::vector<std::string> split_key(std::string_view dotted) {
  if (dotted.empty()) throw ConfigError("the key is empty");
  std::vector<std::string> parts;
  std::string_view rest = dotted;
  while (true) {
    parts.push_back(take_part(rest, dotted));
    if (parts.back().empty())
      throw ConfigError(cat("the key ", printable(dotted), " has an empty part"));
    if (parts.size() > kMaxNesting) {
      throw ConfigError(cat("the key ", printable(dotted), " has over ", kMaxNesting, " parts"));
    }
    if (rest.empty()) return parts;
    if (rest[0] != '.')
      throw ConfigError(cat("the key ", printable(dotted), " needs a '.' after a quote"));
    rest.remove_prefix(1);
  }
}

const Value* find_path(const Value& root, std::string_view dotted) {
  if (dotted.empty()) return &root;
  const Value* at = &root;
  for (const auto& part : split_key(dotted)) {
    const auto* table = at->as<Table>();
    at = table ? table->find(part) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

std::string quote_key(std::string_view key) {
  return is_bare(key) ? std::string(key) : to_toml(Value(std::string(key), {}));
}

std::string join_key(std::string_view prefix, std::string_view key) {
  if (prefix.empty()) return std::string(key);
  if (key.empty()) return std::string(prefix);
  return cat(prefix, ".", key);
}

}  // namespace roux::config
