#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tokenizer/jinja/text.h"

namespace roux::jinja {

class Runtime;
class Value;
struct Arguments;
struct List;
struct Dict;
struct Callable;
struct Namespace;
struct Loop;

// Deeper than this nothing is nested: lists in lists, calls in calls.
inline constexpr int kMaxValueDepth = 200;

// What a template works on, with Python's types and their ways. Cheap to copy: what is large is
// shared, and nothing that is shared changes, but for namespaces, loops and what runs dry.
class Value {
 public:
  // A name or a member that is not there; printed as nothing, and an error when used otherwise.
  struct Undefined {
    std::shared_ptr<const std::string> what;
  };
  struct None {};
  using Data = std::variant<Undefined, None, bool, std::int64_t, double,
                            std::shared_ptr<const Text>, std::shared_ptr<List>,
                            std::shared_ptr<const Dict>, std::shared_ptr<const Callable>,
                            std::shared_ptr<Namespace>, std::shared_ptr<Loop>>;

  Value() = default;
  Value(None) : data_(None{}) {}               // NOLINT: as the others, a value of its own
  Value(bool value) : data_(value) {}          // NOLINT
  Value(std::int64_t value) : data_(value) {}  // NOLINT
  Value(double value) : data_(value) {}        // NOLINT
  Value(Text text) : data_(std::make_shared<const Text>(std::move(text))) {}  // NOLINT
  Value(std::string text) : Value(Text{std::move(text), {}}) {}               // NOLINT
  Value(const char* text) : Value(std::string(text)) {}                       // NOLINT
  explicit Value(std::shared_ptr<List> list) : data_(std::move(list)) {}
  explicit Value(std::shared_ptr<const Dict> dict) : data_(std::move(dict)) {}
  explicit Value(std::shared_ptr<const Callable> callable) : data_(std::move(callable)) {}
  explicit Value(std::shared_ptr<Namespace> space) : data_(std::move(space)) {}
  explicit Value(std::shared_ptr<Loop> loop) : data_(std::move(loop)) {}

  static Value undefined(std::string what);
  static Value of_size(std::size_t size) { return static_cast<std::int64_t>(size); }

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  // A bool is an integer too.
  bool is_integer() const { return is_bool() || std::holds_alternative<std::int64_t>(data_); }
  bool is_float() const { return std::holds_alternative<double>(data_); }
  bool is_number() const { return is_integer() || is_float(); }

  std::int64_t integer() const;  // Requires: is_integer().
  double number() const;         // Requires: is_number().
  // Null where it is something else.
  const Text* text() const { return pointer<const Text>(); }
  List* list() const { return pointer<List>(); }
  const Dict* dict() const { return pointer<const Dict>(); }
  const Callable* callable() const { return pointer<const Callable>(); }
  Namespace* space() const { return pointer<Namespace>(); }
  Loop* loop() const { return pointer<Loop>(); }

  const Data& data() const { return data_; }

 private:
  template <typename T>
  T* pointer() const {
    const auto* found = std::get_if<std::shared_ptr<T>>(&data_);
    return found == nullptr ? nullptr : found->get();
  }

  Data data_;
};

struct List {
  // A view has a length and no index (dict.items()); a stream can be walked once (map, select).
  enum class Kind { List, Tuple, Range, View, Stream };

  std::vector<Value> items;
  Kind kind = Kind::List;
  std::int32_t message = kNoMessage;  // that brought it in
  int depth = 1;
  std::string name = {};  // of a view or a stream, as Python prints it
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;  // in the order they were put in
  std::int32_t message = kNoMessage;
  int depth = 1;

  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(Value key, Value value);
};

struct Namespace {
  Dict members;
};

struct Callable {
  std::string name;
  std::function<Value(Runtime&, Arguments&)> call;
  bool is_macro = false;
};

struct Loop {
  Value items;  // a list that no one else holds
  std::size_t index = 0;
  int depth = 1;
  std::string changed = {};  // what loop.changed() was given last, as it is printed
  bool was_changed = false;  // whether it was given anything
  std::shared_ptr<const Callable> recurse = {};  // of {% for … recursive %}
};

// A list, whose depth is that of its deepest item and one more. Throws Failure if that is too deep.
Value make_list(std::vector<Value> items, List::Kind kind = List::Kind::List,
                std::string name = {});
Value make_dict(Dict dict);

// As Python's names of the types: "str", "list", "dict", "int", …
std::string type_name(const Value& value);

bool is_true(const Value& value);
bool equal(const Value& a, const Value& b);
// a < b as Python has it. Throws Failure for what has no order, naming the types.
bool less(const Value& a, const Value& b);

// str(value) and repr(value), with the marks of what is in it.
Text to_text(const Value& value);
Text to_repr(const Value& value);
std::string float_repr(double value);

// Elements of a list, keys of a dict, characters of a text; a stream is empty afterwards. Throws
// Failure for what can't be walked through.
std::vector<Value> iterate(const Value& value);

// A key of the dict, marked as from where the dict is.
Value key_of(const Dict& dict, const Value& key);

}  // namespace roux::jinja
