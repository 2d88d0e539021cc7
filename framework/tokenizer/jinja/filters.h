#pragma once

#include <string_view>

#include "tokenizer/jinja/arguments.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {

class Runtime;

// value|name(arguments)
struct Filter {
  std::string_view name;
  Value (*apply)(Runtime& runtime, const Value& value, const Arguments& arguments);
};

// Null if there is none of that name.
const Filter* find_filter(std::string_view name);

}  // namespace roux::jinja
