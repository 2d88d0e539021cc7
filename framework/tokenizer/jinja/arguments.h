#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/jinja/value.h"

namespace roux::jinja {

// What a call is given.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// The arguments of a call by the names of its parameters.
class Bound {
 public:
  // Throws Failure for an argument too many, one that is unknown, and where one of the first
  // `required` parameters got none. `function` is for messages.
  Bound(std::string_view function, const Arguments& arguments,
        std::initializer_list<std::string_view> parameters, std::size_t required = 0);

  // Null where the parameter got no argument.
  const Value* find(std::size_t parameter) const { return values_[parameter]; }
  const Value& get(std::size_t parameter) const { return *values_[parameter]; }

  // These throw Failure for an argument of another type.
  const Text* find_text(std::size_t parameter) const;
  const Text& text(std::size_t parameter) const;
  std::int64_t integer(std::size_t parameter, std::int64_t otherwise) const;
  bool truth(std::size_t parameter, bool otherwise) const;

 private:
  static constexpr std::size_t kMost = 6;

  std::string_view function_;
  std::array<std::string_view, kMost> names_{};
  std::array<const Value*, kMost> values_{};
};

}  // namespace roux::jinja
