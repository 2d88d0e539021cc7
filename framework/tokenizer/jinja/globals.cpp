// The functions that transformers gives to every chat template.
#include <array>
#include <ctime>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/runtime.h"

namespace roux::jinja {
namespace {

// As Jinja's sandbox has it.
constexpr std::int64_t kLongestRange = 100'000;

std::int64_t integer_of(const Value& value) {
  if (!value.is_integer()) {
    throw Failure(
        cat("range() takes integers, but is given a value of type '", type_name(value), "'"));
  }
  return value.integer();
}

Value range(Runtime& runtime, Arguments& arguments) {
  const std::vector<Value>& given = arguments.positional;
  if (given.empty() || given.size() > 3 || !arguments.named.empty()) {
    throw Failure("range() takes one to three integers");
  }
  const std::int64_t first = given.size() == 1 ? 0 : integer_of(given[0]);
  const std::int64_t last = integer_of(given[given.size() == 1 ? 0 : 1]);
  const std::int64_t step = given.size() == 3 ? integer_of(given[2]) : 1;
  if (step == 0) throw Failure("the step of range() must not be 0");
  std::vector<Value> items;
  for (std::int64_t i = first; step < 0 ? i > last : i < last;) {
    items.emplace_back(i);
    if (static_cast<std::int64_t>(items.size()) > kLongestRange) {
      throw Failure(cat("a range must not be longer than ", kLongestRange));
    }
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  runtime.charge(items.size());
  std::string name = cat("range(", first, ", ", last);
  return make_list(std::move(items), List::Kind::Range,
                   name + (step == 1 ? ")" : cat(", ", step, ")")));
}

// dict(mapping or pairs, name=value, …)
Dict dict_of(Runtime& runtime, const char* function, const Arguments& arguments) {
  Dict dict;
  if (arguments.positional.size() > 1) throw Failure(cat(function, " takes one mapping at most"));
  if (!arguments.positional.empty()) {
    const Value& given = arguments.positional.front();
    if (given.dict() != nullptr) {
      dict.entries = given.dict()->entries;
      dict.message = given.dict()->message;
    } else {
      for (const Value& entry : iterate(given)) {
        const std::vector<Value> pair = iterate(entry);
        if (pair.size() != 2) throw Failure(cat(function, " takes pairs of a key and a value"));
        runtime.charge(1 + dict.entries.size());
        dict.set(pair[0], pair[1]);
      }
    }
  }
  runtime.charge(dict.entries.size());
  for (const auto& [name, value] : arguments.named) {
    runtime.charge(dict.entries.size());
    dict.set(name, value);
  }
  return dict;
}

Value new_dict(Runtime& runtime, Arguments& arguments) {
  return make_dict(dict_of(runtime, "dict()", arguments));
}

Value new_namespace(Runtime& runtime, Arguments& arguments) {
  Dict members = dict_of(runtime, "namespace()", arguments);
  for (const auto& [name, value] : members.entries) {
    if (name.text() == nullptr || name.text()->bytes.starts_with('_')) {
      throw Failure("a member of a namespace must be a name that does not begin with '_'");
    }
  }
  return runtime.make_namespace(std::move(members));
}

Value raise_exception(Runtime&, Arguments& arguments) {
  const Bound bound("raise_exception()", arguments, {"message"}, 1);
  throw Refusal(cat("the template refuses: ", to_text(bound.get(0)).bytes));
}

Value strftime_now(Runtime& runtime, Arguments& arguments) {
  const Bound bound("strftime_now()", arguments, {"format"}, 1);
  const std::string& format = bound.text(0).bytes;
  if (format.size() > 200) throw Failure("the format of a date must not be longer than 200 bytes");
  if (format.empty()) return "";
  const std::time_t time = std::chrono::system_clock::to_time_t(runtime.now());
  std::tm local{};
  localtime_r(&time, &local);
  std::array<char, 8192> buffer{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
#pragma GCC diagnostic pop
  return std::string(buffer.data(), size);
}

struct Global {
  std::string_view name;
  Value (*call)(Runtime&, Arguments&);
};

constexpr std::array kGlobals = {
    Global{"range", range},
    Global{"dict", new_dict},
    Global{"namespace", new_namespace},
    Global{"raise_exception", raise_exception},
    Global{"strftime_now", strftime_now},
};

}  // namespace

std::shared_ptr<const Callable> find_global(std::string_view name) {
  for (const Global& each : kGlobals) {
    if (each.name == name) {
      return std::make_shared<const Callable>(Callable{std::string(name), each.call});
    }
  }
  return nullptr;
}

}  // namespace roux::jinja
