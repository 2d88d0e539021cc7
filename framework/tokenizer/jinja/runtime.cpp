#include "tokenizer/jinja/runtime.h"

#include <algorithm>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"

namespace roux::jinja {
namespace {

// Seconds of work. The templates of a long conversation with tools take some ten thousands.
constexpr std::size_t kMaxSteps = 20'000'000;
constexpr std::size_t kMaxTextBytes = 32U << 20U;
constexpr int kMaxLevel = 1'000;

}  // namespace

class Runtime::Level {
 public:
  explicit Level(Runtime& runtime) : runtime_(runtime) {
    if (++runtime_.level_ > kMaxLevel) {
      --runtime_.level_;
      throw Failure("calls are nested too deeply");
    }
  }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --runtime_.level_; }

 private:
  Runtime& runtime_;
};

Runtime::Runtime(const Template& source, const Dict& variables, Time now)
    : template_(source), now_(now), scope_(std::make_shared<Scope>()), steps_left_(kMaxSteps) {
  kept_scopes_.push_back(scope_);
  for (NameId id = 0; id < template_.names.size(); ++id) {
    const std::string& name = template_.names[id];
    if (const Value* value = variables.find(std::string_view(name))) {
      scope_->variables.emplace_back(id, *value);
    } else if (auto global = find_global(name)) {
      scope_->variables.emplace_back(id, Value(std::move(global)));
    }
  }
}

Runtime::~Runtime() {
  for (const auto& space : namespaces_) space->members.entries.clear();
  for (const auto& scope : kept_scopes_) scope->variables.clear();
}

Text Runtime::run() {
  outputs_.assign(1, Text());
  execute(template_.body);
  return std::move(outputs_.front());
}

Value Runtime::evaluate(const Expression& expression) {
  try {
    const Level level(*this);
    charge(1);
    return expression.evaluate(*this);
  } catch (const Failure& failure) {
    throw DataError(template_.source.located(expression.offset, failure.what()));
  }
}

Flow Runtime::execute(const Body& body) {
  for (const auto& statement : body) {
    try {
      const Level level(*this);
      charge(1);
      const Flow flow = statement->execute(*this);
      if (flow != Flow::Next) return flow;
    } catch (const Failure& failure) {
      throw DataError(template_.source.located(statement->offset, failure.what()));
    }
  }
  return Flow::Next;
}

Text Runtime::capture(const Body& body, std::shared_ptr<Scope> scope) {
  outputs_.emplace_back();
  within(std::move(scope), [&] { execute(body); });
  Text text = std::move(outputs_.back());
  outputs_.pop_back();
  return text;
}

std::shared_ptr<Scope> Runtime::inner_scope() const {
  return std::make_shared<Scope>(Scope{scope_, {}});
}

Value Runtime::lookup(NameId name) const {
  for (const Scope* scope = scope_.get(); scope != nullptr; scope = scope->parent.get()) {
    for (const auto& [id, value] : scope->variables) {
      if (id == name) return value;
    }
  }
  return Value::undefined(cat("'", template_.names[name], "' is undefined"));
}

void Runtime::assign(NameId name, Value value) {
  for (auto& [id, old] : scope_->variables) {
    if (id == name) {
      old = std::move(value);
      return;
    }
  }
  scope_->variables.emplace_back(name, std::move(value));
}

void Runtime::assign(const Target& target, const Value& value) {
  if (!target.several.empty()) {
    const std::vector<Value> parts = iterate(value);
    if (parts.size() != target.several.size()) {
      throw Failure(cat("expected ", target.several.size(), " values to assign, but there are ",
                        parts.size()));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) assign(target.several[i], parts[i]);
  } else if (target.member.empty()) {
    assign(target.name, value);
  } else {
    const Value object = lookup(target.name);
    if (object.space() == nullptr) {
      throw Failure(cat("'", template_.names[target.name],
                        "' must be a namespace, but is of type '", type_name(object), "'"));
    }
    if (target.member.front() == '_') {
      throw Failure(
          cat("a member of a namespace must not begin with '_', but '", target.member, "' does"));
    }
    charge(object.space()->members.entries.size());
    object.space()->members.set(target.member, value);
  }
}

void Runtime::write(const Text& text) {
  charge_text(text.bytes.size());
  outputs_.back().append(text);
  if (outputs_.back().bytes.size() > kMaxTextBytes) charge_text(outputs_.back().bytes.size());
}

void Runtime::write(std::string_view text) {
  charge_text(text.size());
  outputs_.back().append(text);
  if (outputs_.back().bytes.size() > kMaxTextBytes) charge_text(outputs_.back().bytes.size());
}

Arguments Runtime::evaluate(const CallArguments& arguments) {
  Arguments result;
  for (const auto& each : arguments.positional) result.positional.push_back(evaluate(each));
  for (const auto& each : arguments.named) {
    result.named.emplace_back(each.name, evaluate(each.value));
  }
  if (arguments.all_positional != nullptr) {
    for (Value& each : iterate(evaluate(arguments.all_positional))) {
      charge(1);
      result.positional.push_back(std::move(each));
    }
  }
  if (arguments.all_named != nullptr) {
    const Value all = evaluate(arguments.all_named);
    if (all.dict() == nullptr) {
      throw Failure(
          cat("arguments behind '**' must be a dict, but are of type '", type_name(all), "'"));
    }
    for (const auto& [key, value] : all.dict()->entries) {
      charge(1);
      result.named.emplace_back(to_text(key).bytes, value);
    }
  }
  return result;
}

Value Runtime::call(const Value& callee, Arguments& arguments) {
  if (const auto* undefined = std::get_if<Value::Undefined>(&callee.data())) {
    throw Failure(undefined->what == nullptr ? "an undefined value cannot be called"
                                             : *undefined->what);
  }
  if (callee.loop() != nullptr && callee.loop()->recurse != nullptr) {
    return call(*callee.loop()->recurse, arguments);
  }
  if (callee.callable() == nullptr) {
    throw Failure(cat("a value of type '", type_name(callee), "' cannot be called"));
  }
  return call(*callee.callable(), arguments);
}

Value Runtime::call(const Callable& callee, Arguments& arguments) {
  const Level level(*this);
  charge(1);
  return callee.call(*this, arguments);
}

Value Runtime::make_namespace(Dict members) {
  charge(20);
  namespaces_.push_back(std::make_shared<Namespace>(Namespace{std::move(members)}));
  return Value(namespaces_.back());
}

std::shared_ptr<const Callable> Runtime::make_macro(const MacroDefinition& definition) {
  charge(20);
  if (kept_scopes_.back() != scope_) kept_scopes_.push_back(scope_);
  // The scope outlives the macro: the runtime keeps it.
  const std::weak_ptr<Scope> where = scope_;
  const auto body = [where, &definition](Runtime& runtime, Arguments& arguments) -> Value {
    const auto scope = std::make_shared<Scope>(Scope{where.lock(), {}});
    return runtime.within(scope, [&]() -> Value {
      const std::size_t count = definition.parameters.size();
      std::vector<std::pair<std::string, Value>> more;
      for (std::size_t i = 0; i < count; ++i) {
        const auto& parameter = definition.parameters[i];
        const auto named =
            std::find_if(arguments.named.begin(), arguments.named.end(),
                         [&](const auto& each) { return each.first == parameter.name; });
        if (i < arguments.positional.size()) {
          if (named != arguments.named.end()) {
            throw Failure(
                cat("macro '", definition.name, "' got two values for '", parameter.name, "'"));
          }
          runtime.assign(parameter.id, arguments.positional[i]);
        } else if (named != arguments.named.end()) {
          runtime.assign(parameter.id, named->second);
          arguments.named.erase(named);
        } else if (parameter.otherwise != nullptr) {
          runtime.assign(parameter.id, runtime.evaluate(parameter.otherwise));
        } else {
          runtime.assign(parameter.id, Value::undefined(cat("parameter '", parameter.name,
                                                            "' was not provided")));
        }
      }
      const auto bind = [&](std::string_view name, Value value) {
        const auto& names = runtime.source().names;
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) {
          runtime.assign(static_cast<NameId>(found - names.begin()), std::move(value));
        }
      };
      if (definition.takes_caller) {
        const auto caller = std::find_if(arguments.named.begin(), arguments.named.end(),
                                         [](const auto& each) { return each.first == "caller"; });
        bind("caller", caller == arguments.named.end() ? Value::undefined("No caller defined")
                                                       : caller->second);
        if (caller != arguments.named.end()) arguments.named.erase(caller);
      }
      if (definition.takes_more_named) {
        Dict rest;
        for (const auto& [name, value] : arguments.named) rest.set(name, value);
        bind("kwargs", make_dict(std::move(rest)));
      } else if (!arguments.named.empty()) {
        throw Failure(cat("macro '", definition.name, "' has no parameter '",
                          arguments.named.front().first, "'"));
      }
      std::vector<Value> rest;
      if (arguments.positional.size() > count) {
        rest.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(count),
                    arguments.positional.end());
      }
      if (!definition.takes_more && !rest.empty()) {
        throw Failure(cat("macro '", definition.name, "' takes at most ", count,
                          " arguments, but is given ", arguments.positional.size()));
      }
      if (definition.takes_more) {
        bind("varargs", make_list(std::move(rest), List::Kind::Tuple));
      }
      return runtime.capture(definition.body, scope);
    });
  };
  return std::make_shared<const Callable>(Callable{definition.name, body, true});
}

void Runtime::charge(std::size_t units) {
  if (units > steps_left_) {
    throw Failure(cat("the template takes more than ", kMaxSteps, " steps"));
  }
  steps_left_ -= units;
}

void Runtime::charge_text(std::size_t bytes) {
  if (bytes > kMaxTextBytes) {
    throw Failure(cat("a text grows beyond ", kMaxTextBytes, " bytes"));
  }
  charge(bytes / 16);
}

}  // namespace roux::jinja
