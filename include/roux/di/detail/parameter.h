#pragma once

#include <memory>
#include <string_view>
#include <type_traits>

#include "roux/di/all.h"
#include "roux/di/detail/arguments.h"
#include "roux/di/factory.h"
#include "roux/di/keyed.h"
#include "roux/di/lazy.h"
#include "roux/di/resolver.h"

// How each form of parameter becomes a Dependency, and is filled in when its provider is called.
namespace roux::di::detail {

// Told by its name, which spares everyone the headers of what is refused.
template <typename T>
constexpr bool is_from_std() {
  // "… is_from_std() [with T = std::vector<int>]" from g++, "… [T = std::vector<int>]" from clang.
  constexpr std::string_view kStart = "T = ";
  const std::string_view text = __PRETTY_FUNCTION__;
  return text.substr(text.find(kStart) + kStart.size()).starts_with("std::");
}

// One of the wrappers that a parameter may have around its class.
template <typename T>
inline constexpr bool kIsWrapper = false;
template <typename T>
inline constexpr bool kIsWrapper<std::shared_ptr<T>> = true;
template <typename T, FixedString kName>
inline constexpr bool kIsWrapper<Keyed<T, kName>> = true;
template <typename T>
inline constexpr bool kIsWrapper<Lazy<T>> = true;
template <typename T>
inline constexpr bool kIsWrapper<Factory<T>> = true;
template <typename T>
inline constexpr bool kIsWrapper<All<T>> = true;

// T, or the T of a Keyed<T, "name">, is a class that means something: not a number, a string, …
template <typename T, typename Class = std::remove_cv_t<Object<T>>>
inline constexpr bool kInjectable =
    std::is_class_v<Class> && !is_from_std<Class>() && !kIsWrapper<Class>;

// Why a parameter can't be filled in.
enum class Fault { None, NotAClass, ByValue, WrapperByReference };

template <bool kGood>
struct Judged {
  static constexpr Fault kFault = kGood ? Fault::None : Fault::NotAClass;
};

template <typename T, Form kForm>
Dependency ask() {
  return {key_of<T>(), kForm, std::is_const_v<Object<T>>};
}

template <typename P>
struct Parameter {
  static constexpr Fault kFault = kInjectable<P> ? Fault::ByValue : Fault::NotAClass;
};

template <typename T>
struct Parameter<T&> {
  static constexpr Fault kFault = kIsWrapper<std::remove_cv_t<T>> ? Fault::WrapperByReference
                                  : kInjectable<T>                ? Fault::None
                                                                  : Fault::NotAClass;
  static Dependency dependency() { return ask<T, Form::Reference>(); }
  static T& take(Arguments& from) { return *static_cast<T*>(from.reference(key_of<T>())); }
};

template <typename T, FixedString kName>
struct Parameter<Keyed<T, kName>> : Judged<kInjectable<T>> {
  using Asked = Keyed<T, kName>;
  static Dependency dependency() { return ask<Asked, Form::Reference>(); }
  static Asked take(Arguments& from) {
    return Asked(*static_cast<T*>(from.reference(key_of<Asked>())));
  }
};

template <typename T>
struct Parameter<std::shared_ptr<T>> : Judged<kInjectable<T>> {
  static Dependency dependency() { return ask<T, Form::Shared>(); }
  static std::shared_ptr<T> take(Arguments& from) {
    return std::static_pointer_cast<T>(from.shared(key_of<T>()));
  }
};

template <typename T>
struct Parameter<T*> : Judged<kInjectable<T>> {
  static Dependency dependency() { return ask<T, Form::Optional>(); }
  static T* take(Arguments& from) { return static_cast<T*>(from.optional(key_of<T>())); }
};

template <typename T>
struct Parameter<Lazy<T>> : Judged<kInjectable<T>> {
  static Dependency dependency() { return ask<T, Form::Lazy>(); }
  static Lazy<T> take(Arguments& from) { return Lazy<T>(from.deferred(key_of<T>())); }
};

template <typename T>
struct Parameter<Factory<T>> : Judged<kInjectable<T>> {
  static Dependency dependency() { return ask<T, Form::Factory>(); }
  static Factory<T> take(Arguments& from) { return Factory<T>(from.deferred(key_of<T>())); }
};

template <typename T>
struct Parameter<All<T>> : Judged<kInjectable<T>> {
  static Dependency dependency() { return ask<T, Form::All>(); }
  static All<T> take(Arguments& from) { return All<T>(from.all(key_of<T>())); }
};

template <>
struct Parameter<Resolver&> : Judged<true> {
  static Dependency dependency() { return ask<Resolver, Form::Resolver>(); }
  static Resolver& take(Arguments& from) { return from.resolver(); }
};

template <>
struct Parameter<const Resolver&> : Parameter<Resolver&> {};

// The first parameter of a component: not a dependency, but what its section of the config says.
template <typename P>
inline constexpr bool kIsConfig = false;
template <typename C>
inline constexpr bool kIsConfig<const C&> = std::is_class_v<C>;

template <typename C>
struct OwnConfig {
  static const C& take(Arguments& from) { return *static_cast<const C*>(from.config()); }
};

// The first parameter of a decorator: what it wraps, as T&, const T& or a shared_ptr to either.
template <typename P, typename T>
inline constexpr bool kIsInner =
    std::is_same_v<P, T&> || std::is_same_v<P, const T&> || std::is_same_v<P, std::shared_ptr<T>> ||
    std::is_same_v<P, std::shared_ptr<const T>>;

template <typename P>
struct Inner;

template <typename T>
struct Inner<T&> {
  static Dependency dependency() { return ask<T, Form::Inner>(); }
  static T& take(Arguments& from) { return *static_cast<T*>(from.inner()); }
};

template <typename T>
struct Inner<std::shared_ptr<T>> {
  static Dependency dependency() { return ask<T, Form::Inner>(); }
  static std::shared_ptr<T> take(Arguments& from) {
    return std::static_pointer_cast<T>(from.shared_inner());
  }
};

// A wrapper may be taken by value, by const reference or by &&: all the same request.
template <typename P, typename Bare = std::remove_cvref_t<P>>
using Taken =
    std::conditional_t<kIsWrapper<Bare> && !(std::is_lvalue_reference_v<P> &&
                                             !std::is_const_v<std::remove_reference_t<P>>),
                       Bare, P>;

}  // namespace roux::di::detail
