#include "roux/config/problems.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <set>
#include <tuple>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/value.h"

namespace roux::config {

struct Problems::Found {
  std::vector<Problem> problems;
  std::vector<Problem> warnings;
  std::set<std::string, std::less<>> keys;  // of the problems
  std::vector<std::string> sources;         // in the order of layers

  std::vector<Problem> in_order(std::vector<Problem> list) const {
    const auto layer = [&](const Place& place) {
      return std::ranges::find(sources, *place.source) - sources.begin();
    };
    // Stable: what stands in no file keeps the order in which it was found, at the end.
    std::ranges::stable_sort(list, {}, [&](const Problem& problem) {
      const auto& place = problem.place;
      if (place.is_default()) return std::tuple(true, std::ptrdiff_t{0}, std::string_view(), 0, 0);
      const std::string_view name = *place.source;
      return std::tuple(false, layer(place), name, place.line, place.column);
    });
    return list;
  }
};

namespace {

// What stands at `part`, which may be an element of a list: "groups[1]".
const Value* step(const Value& value, std::string_view part) {
  const auto bracket = part.find('[');
  const auto* table = value.as<Table>();
  const Value* at = table ? table->find(part.substr(0, bracket)) : nullptr;
  if (!at || bracket == std::string_view::npos) return at;

  std::size_t index = 0;
  std::from_chars(part.data() + bracket + 1, part.data() + part.size(), index);
  const auto* array = at->as<Array>();
  return array && index < array->size() ? &(*array)[index] : at;
}

// The place of `key` below `value`, or of the nearest thing above it that was written somewhere.
Place locate(const Value* value, std::string_view key) {
  if (!value) return {};
  Place place = value->key_place();
  const Value* at = value;
  if (key.empty()) return place;
  for (const auto& part : split_key(key)) {
    at = step(*at, part);
    if (!at || at->key_place().is_default()) break;
    place = at->key_place();
  }
  return place;
}

}  // namespace

Problems::Problems() : found_(std::make_shared<Found>()) {}

Problems Problems::section(std::string_view key, const Value* value) const {
  Problems inner = *this;
  inner.path_ = join_key(path_, key);
  inner.value_ = value;
  return inner;
}

void Problems::record(const Place& place, std::string_view key, std::string_view what,
                      bool missing) {
  const auto full = join_key(path_, key);
  const bool first = found_->keys.insert(full).second;
  if (!first && !full.empty()) return;
  found_->problems.push_back({place, full, std::string(what), missing});
}

void Problems::add(std::string_view key, std::string_view what) {
  record(locate(value_, key), key, what, false);
}

void Problems::add_at(const Place& place, std::string_view key, std::string_view what) {
  record(place, key, what, false);
}

void Problems::needs(std::string_view key) {
  record(locate(value_, key), key, "needs to be specified", true);
}

void Problems::warn(std::string_view key, std::string_view what) {
  found_->warnings.push_back({locate(value_, key), join_key(path_, key), std::string(what), false});
}

bool Problems::any(std::string_view key) const {
  const auto path = join_key(path_, key);
  const auto& keys = found_->keys;
  if (path.empty()) return !keys.empty();

  const auto below = [&](char separator) {
    const auto prefix = path + separator;
    const auto first = keys.lower_bound(prefix);
    return first != keys.end() && first->starts_with(prefix);
  };
  return keys.contains(path) || below('.') || below('[');
}

void Problems::add_source(const Place& source) {
  if (!source.is_default()) found_->sources.push_back(*source.source);
}

std::vector<Problem> Problems::all() const {
  return found_->in_order(found_->problems);
}

std::vector<Problem> Problems::warnings() const {
  return found_->in_order(found_->warnings);
}

namespace {

void throw_if_not_empty(const std::vector<Problem>& problems) {
  if (problems.empty()) return;
  std::vector<std::string> lines;
  for (const auto& problem : problems) lines.push_back(to_string(problem));
  throw ConfigError(join(lines, "\n"));
}

}  // namespace

void Problems::throw_if_any() const {
  throw_if_not_empty(all());
}

void Problems::throw_if_any_but_missing() const {
  auto problems = all();
  std::erase_if(problems, [](const Problem& problem) { return problem.missing; });
  throw_if_not_empty(problems);
}

std::string to_string(const Problem& problem) {
  const auto where = problem.place.is_default() ? "" : cat(to_string(problem.place), ": ");
  if (problem.key.empty()) return cat(where, problem.text);
  return cat(where, problem.key, problem.missing ? " " : ": ", problem.text);
}

}  // namespace roux::config
