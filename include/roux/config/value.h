#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "roux/config/place.h"

namespace roux::config {

class Value;

// Keys and values in the order they were written.
class Table {
 public:
  Table();
  Table(const Table&);
  Table(Table&&) noexcept;
  Table& operator=(const Table&);
  Table& operator=(Table&&) noexcept;
  ~Table();

  // The value of `key`, or nullptr.
  Value* find(std::string_view key);
  const Value* find(std::string_view key) const;

  // Adds the key at the end, or replaces its value where it stands.
  Value& set(std::string_view key, Value value);

  // Says whether the key was there.
  bool erase(std::string_view key);

  std::vector<std::pair<std::string, Value>>& entries() { return entries_; }
  const std::vector<std::pair<std::string, Value>>& entries() const { return entries_; }

  std::vector<std::string> keys() const;
  bool empty() const;

 private:
  std::vector<std::pair<std::string, Value>> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;  // into entries_
};

using Array = std::vector<Value>;

// Untyped text from a command line or an environment variable: the field that takes it says whether
// it stands for itself or is read as TOML.
struct Text {
  std::string text;
};

// A TOML date or time, which no field takes; kept as written, for the message.
struct Date {
  std::string text;
};

// One node of a config before its types are known: what TOML can say, and where it was said.
class Value {
 public:
  using Data = std::variant<bool, std::int64_t, double, std::string, Text, Date, Array, Table>;

  Value() : data_(Table()) {}
  Value(Data data, Place place) : data_(std::move(data)), place_(std::move(place)) {}

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data_);
  }
  template <typename T>
  T* as() {
    return std::get_if<T>(&data_);
  }

  const Data& data() const { return data_; }
  const Place& place() const { return place_; }

  // Where the key stands, for messages about the key and not its value.
  const Place& key_place() const { return key_place_.is_default() ? place_ : key_place_; }
  void set_key_place(Place place) { key_place_ = std::move(place); }

 private:
  Data data_;
  Place place_;
  Place key_place_;
};

// What a message calls a value: `the string "7"`, `1.9`, `a table`, `true`.
std::string describe(const Value& value);

// `text` for a message: on one line, and cut where it is long.
std::string printable(std::string_view text);

// The node at a dotted path below `root`, or nullptr.
const Value* find_path(const Value& root, std::string_view dotted);

// "a"."b c" of `a."b c"`. Throws ConfigError for an empty part or an open quote.
std::vector<std::string> split_key(std::string_view dotted);

// A key as TOML writes it: bare where it can be, quoted elsewhere.
std::string quote_key(std::string_view key);

// "regime" and "num_steps" make "regime.num_steps"; an empty prefix adds nothing.
std::string join_key(std::string_view prefix, std::string_view key);

}  // namespace roux::config
