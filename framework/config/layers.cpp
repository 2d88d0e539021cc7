#include "roux/config/layers.h"

#include <filesystem>

#include "config/references.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

constexpr std::string_view kSet = "set:";
constexpr std::string_view kDelete = "del:";

Place command_line_place(std::string_view word, std::string_view option) {
  return {std::make_shared<std::string>(cat(option, " ", printable(word))), 0, 0,
          std::make_shared<std::filesystem::path>(std::filesystem::current_path())};
}

// Where the `=` after the key stands, or npos: one inside of a quoted part of the key is none.
std::size_t end_of_key(std::string_view word) {
  char quote = '\0';
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool opens = i == 0 || word[i - 1] == '.';
    if (quote != '\0') {
      if (word[i] == quote) quote = '\0';
    } else if (opens && (word[i] == '"' || word[i] == '\'')) {
      quote = word[i];
    } else if (word[i] == '=') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string joined(const std::vector<std::string>& path) {
  std::string key;
  for (const auto& part : path) key = join_key(key, quote_key(part));
  return key;
}

// {a = {b = value}} for the path a.b.
Value nest(const std::vector<std::string>& path, Value value) {
  for (auto key = path.rbegin(); key != path.rend(); ++key) {
    const Place place = value.place();
    Table table;
    table.set(*key, std::move(value));
    value = Value(std::move(table), place);
  }
  return value;
}

}  // namespace

std::string_view override_key(std::string_view word) {
  if (word.starts_with(kDelete)) return word.substr(kDelete.size());
  if (word.starts_with(kSet)) word.remove_prefix(kSet.size());
  return word.substr(0, end_of_key(word));
}

Layers::Layers(const StructType& type, const void* defaults, const Catalog& catalog)
    : type_(type), catalog_(catalog), tree_(type.write(defaults)) {}

void Layers::add(Value table) {
  type_.merge(tree_, std::move(table), catalog_);
}

void Layers::add_override(std::string_view word, std::string_view option, Problems& problems) {
  const Place place = command_line_place(word, option);
  problems.add_source(place);
  const bool deletes = word.starts_with(kDelete);
  const bool sets = word.starts_with(kSet);
  const auto rest = sets ? word.substr(kSet.size()) : word;
  const auto equals = end_of_key(rest);
  if (!deletes && equals == std::string_view::npos) {
    problems.add_at(place, "", "must be KEY=VALUE or del:KEY");
    return;
  }
  std::vector<std::string> path;
  try {
    path = split_key(trim(override_key(word)));
  } catch (const ConfigError& error) {
    problems.add_at(place, "", error.what());
    return;
  }

  if (deletes) return erase(path, place, problems);
  if (sets) {
    Problems ignored;  // nothing to replace is as good
    erase(path, place, ignored);
  }
  add(nest(path, Value(Text{std::string(trim(rest.substr(equals + 1)))}, place)));
}

void Layers::erase(const std::vector<std::string>& path, const Place& place, Problems& problems) {
  Value* at = &tree_;
  for (std::size_t i = 0; i + 1 < path.size() && at; ++i) {
    auto* table = at->as<Table>();
    at = table ? table->find(path[i]) : nullptr;
  }
  auto* table = at ? at->as<Table>() : nullptr;
  if (table && table->erase(path.back())) return;
  if (!is_known(path)) problems.add_at(place, joined(path), "unknown key, nothing to remove");
}

bool Layers::is_known(const std::vector<std::string>& path) const {
  const Type* type = &type_;
  const Value* value = &tree_;
  static const Value kNothing;
  for (const auto& key : path) {
    type = type->member(key, *value, catalog_);
    if (!type) return false;
    const auto* table = value->as<Table>();
    const Value* inner = table ? table->find(key) : nullptr;
    value = inner ? inner : &kNothing;
  }
  return true;
}

Value Layers::finish(Problems& problems) && {
  type_.complete(tree_, catalog_);
  expand_references(tree_, problems);
  // A name that was a reference has chosen its component only now.
  type_.complete(tree_, catalog_);
  return std::move(tree_);
}

}  // namespace roux::config
