#include "tokenizer/jinja/value.h"

#include <algorithm>
#include <cmath>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

int depth_of(const Value& value) {
  if (const List* list = value.list()) return list->depth;
  if (const Dict* dict = value.dict()) return dict->depth;
  return 0;
}

int checked_depth(int deepest) {
  if (deepest >= kMaxValueDepth) {
    throw Failure(cat("lists and dicts must not be nested deeper than ", kMaxValueDepth));
  }
  return deepest + 1;
}

bool equal_lists(const List& a, const List& b) {
  return a.kind == b.kind &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal);
}

bool equal_dicts(const Dict& a, const Dict& b) {
  return a.entries.size() == b.entries.size() &&
         std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
           const Value* other = b.find(entry.first);
           return other != nullptr && equal(entry.second, *other);
         });
}

}  // namespace

Value Value::undefined(std::string what) {
  Value value;
  value.data_ = Undefined{std::make_shared<const std::string>(std::move(what))};
  return value;
}

std::int64_t Value::integer() const {
  return is_bool() ? static_cast<std::int64_t>(std::get<bool>(data_))
                   : std::get<std::int64_t>(data_);
}

double Value::number() const {
  return is_float() ? std::get<double>(data_) : static_cast<double>(integer());
}

const Value* Dict::find(const Value& key) const {
  for (const auto& [each, value] : entries) {
    if (equal(each, key)) return &value;
  }
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [each, value] : entries) {
    if (each.text() != nullptr && each.text()->bytes == key) return &value;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  for (auto& [each, old] : entries) {
    if (equal(each, key)) {
      old = std::move(value);
      return;
    }
  }
  entries.emplace_back(std::move(key), std::move(value));
}

Value make_list(std::vector<Value> items, List::Kind kind, std::string name) {
  int deepest = 0;
  for (const Value& item : items) deepest = std::max(deepest, depth_of(item));
  return Value(std::make_shared<List>(
      List{std::move(items), kind, kNoMessage, checked_depth(deepest), std::move(name)}));
}

Value make_dict(Dict dict) {
  int deepest = 0;
  for (const auto& [key, value] : dict.entries) {
    deepest = std::max({deepest, depth_of(key), depth_of(value)});
  }
  dict.depth = checked_depth(deepest);
  return Value(std::make_shared<const Dict>(std::move(dict)));
}

std::string type_name(const Value& value) {
  struct Name {
    std::string operator()(const Value::Undefined&) const { return "Undefined"; }
    std::string operator()(Value::None) const { return "NoneType"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(std::int64_t) const { return "int"; }
    std::string operator()(double) const { return "float"; }
    std::string operator()(const std::shared_ptr<const Text>&) const { return "str"; }
    std::string operator()(const std::shared_ptr<List>& list) const {
      switch (list->kind) {
        case List::Kind::List:
          return "list";
        case List::Kind::Tuple:
          return "tuple";
        case List::Kind::Range:
          return "range";
        default:
          return list->name;
      }
    }
    std::string operator()(const std::shared_ptr<const Dict>&) const { return "dict"; }
    std::string operator()(const std::shared_ptr<const Callable>& callable) const {
      return callable->is_macro ? "Macro" : "function";
    }
    std::string operator()(const std::shared_ptr<Namespace>&) const { return "Namespace"; }
    std::string operator()(const std::shared_ptr<Loop>&) const { return "LoopContext"; }
  };
  return std::visit(Name(), value.data());
}

bool is_true(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (value.is_integer()) return value.integer() != 0;
  if (value.is_float()) return value.number() != 0.0;
  if (const Text* text = value.text()) return !text->bytes.empty();
  if (const List* list = value.list()) {
    return list->kind == List::Kind::Stream || !list->items.empty();
  }
  if (const Dict* dict = value.dict()) return !dict->entries.empty();
  if (const Loop* loop = value.loop()) return !loop->items.list()->items.empty();
  return true;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() == b.integer();
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.data().index() != b.data().index()) return false;
  if (a.is_undefined() || a.is_none()) return true;
  if (a.text() != nullptr) return a.text() == b.text() || a.text()->bytes == b.text()->bytes;
  if (a.list() != nullptr) return a.list() == b.list() || equal_lists(*a.list(), *b.list());
  if (a.dict() != nullptr) return a.dict() == b.dict() || equal_dicts(*a.dict(), *b.dict());
  return a.callable() == b.callable() && a.space() == b.space() && a.loop() == b.loop();
}

bool less(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() < b.integer();
  if (a.is_number() && b.is_number()) return a.number() < b.number();
  if (a.text() != nullptr && b.text() != nullptr) return a.text()->bytes < b.text()->bytes;
  if (a.list() != nullptr && b.list() != nullptr && a.list()->kind == b.list()->kind) {
    return std::lexicographical_compare(a.list()->items.begin(), a.list()->items.end(),
                                        b.list()->items.begin(), b.list()->items.end(), less);
  }
  throw Failure(cat("'<' is not supported between '", type_name(a), "' and '", type_name(b), "'"));
}

Value key_of(const Dict& dict, const Value& key) {
  if (dict.message == kNoMessage || key.text() == nullptr) return key;
  Text text = *key.text();
  text.mark_all(dict.message);
  return text;
}

std::vector<Value> iterate(const Value& value) {
  if (List* list = value.list()) {
    if (list->kind != List::Kind::Stream) return list->items;
    return std::exchange(list->items, {});
  }
  std::vector<Value> items;
  if (value.is_undefined()) return items;
  if (const Dict* dict = value.dict()) {
    for (const auto& entry : dict->entries) items.push_back(key_of(*dict, entry.first));
    return items;
  }
  if (const Text* text = value.text()) {
    for (std::size_t at = 0; at < text->bytes.size();) {
      const std::size_t size = code_point_at(text->bytes, at).size;
      items.emplace_back(text->slice(at, at + size));
      at += size;
    }
    return items;
  }
  throw Failure(cat("a value of type '", type_name(value), "' cannot be walked through"));
}

}  // namespace roux::jinja
