#pragma once

#include <string_view>

#include "tokenizer/jinja/arguments.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {

class Runtime;

// value is name(arguments)
struct Test {
  std::string_view name;
  bool (*holds)(Runtime& runtime, const Value& value, const Arguments& arguments);
};

// Null if there is none of that name.
const Test* find_test(std::string_view name);

}  // namespace roux::jinja
