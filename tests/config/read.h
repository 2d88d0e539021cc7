#pragma once

#include <optional>
#include <string>

#include "config/example_config.h"

// Reads one value of any type, as a field of a struct of its own.
namespace roux::config::example {

// A struct with one field, whose bounds `Limit::set` may narrow.
struct NoLimit {
  static void set(Field) {}
};

template <typename T, typename Limit = NoLimit>
struct Box {
  T value{};

  static void describe(Fields<Box>& field) { Limit::set(field("value", &Box::value, "A value.")); }
};

// What a value was read as, or why not: one of the two is empty.
template <typename T>
struct Outcome {
  std::optional<T> value;
  std::string problem;
};

template <typename T, typename Limit>
Outcome<T> read_from(const ConfigSource& source) {
  using Struct = Box<T, Limit>;
  const auto loaded = load_config(config_type<Struct>(), {source}, Components());
  const auto problems = loaded.problems.all();
  if (!problems.empty()) return {std::nullopt, problems[0].text};
  return {static_cast<const Struct*>(loaded.object.get())->value, ""};
}

// `value = …` in a file.
template <typename T, typename Limit = NoLimit>
Outcome<T> in_file(const std::string& toml) {
  return read_from<T, Limit>(file("value = " + toml + "\n"));
}

// `--config value=…`.
template <typename T, typename Limit = NoLimit>
Outcome<T> as_word(const std::string& text) {
  return read_from<T, Limit>(word("value=" + text));
}

// `value` as a dump writes it, without the key.
template <typename T, typename Limit = NoLimit>
std::string written(const T& value) {
  return to_toml(escape_references(type_of<T>().write(&value)));
}

}  // namespace roux::config::example
