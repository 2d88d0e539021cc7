#include "tokenizer/jinja/arguments.h"

#include <algorithm>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"

namespace roux::jinja {

Bound::Bound(std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> parameters, std::size_t required)
    : function_(function) {
  require(parameters.size() <= kMost, "Bound: more parameters than there is room for");
  std::copy(parameters.begin(), parameters.end(), names_.begin());
  if (arguments.positional.size() > parameters.size()) {
    throw Failure(cat(function, " takes at most ", parameters.size(), " arguments, but is given ",
                      arguments.positional.size()));
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    values_[i] = &arguments.positional[i];
  }
  for (const auto& [name, value] : arguments.named) {
    const auto found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) {
      throw Failure(cat(function, " has no parameter '", name, "'"));
    }
    values_[static_cast<std::size_t>(found - parameters.begin())] = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (values_[i] == nullptr)
      throw Failure(cat(function, " needs its argument '", names_[i], "'"));
  }
}

const Text* Bound::find_text(std::size_t parameter) const {
  const Value* value = values_[parameter];
  if (value == nullptr || value->is_none()) return nullptr;
  if (value->text() == nullptr) {
    throw Failure(cat(function_, ": '", names_[parameter], "' must be a text, but is of type '",
                      type_name(*value), "'"));
  }
  return value->text();
}

const Text& Bound::text(std::size_t parameter) const {
  const Text* found = find_text(parameter);
  if (found == nullptr) {
    throw Failure(cat(function_, ": '", names_[parameter], "' must be a text, but is none"));
  }
  return *found;
}

std::int64_t Bound::integer(std::size_t parameter, std::int64_t otherwise) const {
  const Value* value = values_[parameter];
  if (value == nullptr) return otherwise;
  if (!value->is_integer()) {
    throw Failure(cat(function_, ": '", names_[parameter], "' must be an integer, but is of type '",
                      type_name(*value), "'"));
  }
  return value->integer();
}

bool Bound::truth(std::size_t parameter, bool otherwise) const {
  return values_[parameter] == nullptr ? otherwise : is_true(*values_[parameter]);
}

}  // namespace roux::jinja
