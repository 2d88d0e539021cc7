#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "roux/di/component_config.h"
#include "roux/di/detail/callable.h"
#include "roux/di/detail/parameter.h"
#include "roux/di/detail/product.h"
#include "roux/di/detail/provider.h"

// Turns the function that a registering call was given into a Provider, or says in one
// static_assert why it can't. After a failed one nothing more is instantiated: no second error
// hides the first.
namespace roux::di::detail {

template <typename T>
constexpr bool check_class() {
  static_assert(kInjectable<T>,
                "only structs and classes are provided, never a number, an enum, a string, a path "
                "or anything else of std: wrap it in a struct that says what it means");
  return kInjectable<T>;
}

template <typename F>
constexpr bool check_call() {
  constexpr bool kGood = HasOneCall<F>;
  static_assert(kGood || !is_lambda<F>(),
                "a provider can't be a generic lambda: its parameters are its dependencies, so "
                "write their types (or it is none, and an error in its body stands beside this)");
  static_assert(kGood || is_lambda<F>(),
                "a provider must be a lambda, a function or a functor with one operator(): of "
                "several, write a lambda that calls the one you mean");
  return kGood;
}

template <typename P>
constexpr bool check_parameter() {
  constexpr Fault kFault = Parameter<Taken<P>>::kFault;
  static_assert(kFault != Fault::NotAClass,
                "only structs and classes are injected, never a number, an enum, a string, a path "
                "or anything else of std: wrap it in a struct that says what it means");
  static_assert(
      kFault != Fault::ByValue,
      "a dependency can't be taken by value: ask for it as T&, const T&, T* (optional) or "
      "std::shared_ptr<T>");
  static_assert(kFault != Fault::WrapperByReference,
                "take Keyed, Lazy, Factory, All and std::shared_ptr by value");
  return kFault == Fault::None;
}

template <typename T, typename R, typename... P>
constexpr bool check_signature(Types<P...>) {
  return check_return<T, R>() && (check_parameter<P>() && ...);
}

// The user's function with its parameters' types: each Slot knows where its value comes from.
template <typename T, typename F, typename... Slots>
class FunctionBuilder final : public Builder {
 public:
  explicit FunctionBuilder(F function) : function_(std::move(function)) {}

  Instance build([[maybe_unused]] Arguments& arguments) override {
    // In braces, since only there the order is fixed: dependencies are built from left to right.
    std::tuple<decltype(Slots::take(arguments))...> given{Slots::take(arguments)...};
    return produce<T>([&]() -> decltype(auto) { return std::apply(function_, std::move(given)); });
  }

 private:
  F function_;
};

template <typename T, typename F, typename... Special, typename... P>
Provider assemble(F function, Types<Special...>, Types<P...>) {
  Provider provider;
  (provider.dependencies.push_back(Parameter<Taken<P>>::dependency()), ...);
  provider.builder = std::make_unique<FunctionBuilder<T, F, Special..., Parameter<Taken<P>>...>>(
      std::move(function));
  provider.is_const = std::is_const_v<T>;
  provider.owned = Product<ReturnOf<F>>::kOwned;
  return provider;
}

// For provide, collect and replace: every parameter is a dependency.
template <typename T, typename F>
Provider make_provider(F function) {
  if constexpr (check_class<T>() && check_call<F>()) {
    using Parameters = ParametersOf<F>;
    if constexpr (check_signature<T, ReturnOf<F>>(Parameters())) {
      return assemble<T>(std::move(function), Types<>(), Parameters());
    }
  }
  return {};
}

// The class of a component's own config; void if its function has none.
template <typename F>
struct ConfigOfCall {
  using Type = void;
};

template <HasOneCall F>
requires kIsConfig<FirstOf<ParametersOf<F>>>
struct ConfigOfCall<F> {
  using Type = std::remove_cvref_t<FirstOf<ParametersOf<F>>>;
};

template <typename F>
using ConfigOf = typename ConfigOfCall<F>::Type;

template <typename Config>
const void* schema_of() {
  if constexpr (std::is_class_v<Config>) return ComponentConfig<Config>::schema();
  return nullptr;
}

// For component: the first parameter is its own config.
template <typename T, typename F>
Provider make_component(F function) {
  if constexpr (check_class<T>() && check_call<F>()) {
    using First = FirstOf<ParametersOf<F>>;
    using Rest = RestOf<ParametersOf<F>>;
    constexpr bool kConfigFirst = kIsConfig<First>;
    static_assert(kConfigFirst, "a component's first parameter is its own config: const Config&");
    if constexpr (kConfigFirst && check_signature<T, ReturnOf<F>>(Rest())) {
      return assemble<T>(std::move(function), Types<OwnConfig<ConfigOf<F>>>(), Rest());
    }
  }
  return {};
}

// For decorate: the first parameter is what it wraps.
template <typename T, typename F>
Provider make_decorator(F function) {
  if constexpr (check_class<T>() && check_call<F>()) {
    using First = FirstOf<ParametersOf<F>>;
    using Rest = RestOf<ParametersOf<F>>;
    constexpr bool kInnerFirst = kIsInner<First, std::remove_const_t<T>>;
    static_assert(kInnerFirst,
                  "a decorator's first parameter is what it wraps: T& or std::shared_ptr<T>");
    if constexpr (kInnerFirst && check_signature<T, ReturnOf<F>>(Rest())) {
      Provider provider = assemble<T>(std::move(function), Types<Inner<First>>(), Rest());
      provider.dependencies.insert(provider.dependencies.begin(), Inner<First>::dependency());
      return provider;
    }
  }
  return {};
}

}  // namespace roux::di::detail
