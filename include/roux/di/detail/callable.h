#pragma once

#include <string_view>
#include <type_traits>

// What a provider's function returns and takes, told from its type.
namespace roux::di::detail {

template <typename... T>
struct Types {};

template <typename F>
struct Signature;

template <typename R, typename... P>
struct Signature<R (*)(P...)> {
  using Return = R;
  using Parameters = Types<P...>;
};

template <typename R, typename... P>
struct Signature<R (*)(P...) noexcept> : Signature<R (*)(P...)> {};

template <typename F, typename R, typename... P>
struct Signature<R (F::*)(P...)> : Signature<R (*)(P...)> {};

template <typename F, typename R, typename... P>
struct Signature<R (F::*)(P...) const> : Signature<R (*)(P...)> {};

template <typename F, typename R, typename... P>
struct Signature<R (F::*)(P...) noexcept> : Signature<R (*)(P...)> {};

template <typename F, typename R, typename... P>
struct Signature<R (F::*)(P...) const noexcept> : Signature<R (*)(P...)> {};

template <typename F>
inline constexpr bool kIsFunctionPointer =
    std::is_pointer_v<F>&& std::is_function_v<std::remove_pointer_t<F>>;

// False for a generic lambda and for an overloaded functor: which operator() is meant?
template <typename F>
concept HasOneCall = kIsFunctionPointer<F> || requires {
  &F::operator();
};

template <typename F>
constexpr bool is_lambda() {
  const std::string_view name = __PRETTY_FUNCTION__;
  return name.find("<lambda(") != std::string_view::npos ||   // g++
         name.find("(lambda at ") != std::string_view::npos;  // clang
}

template <typename F>
struct CallOf : Signature<decltype(&F::operator())> {};

template <typename F>
requires kIsFunctionPointer<F>
struct CallOf<F> : Signature<F> {
};

template <typename F>
using ReturnOf = typename CallOf<F>::Return;
template <typename F>
using ParametersOf = typename CallOf<F>::Parameters;

template <typename T>
struct Split {
  using First = void;
  using Rest = Types<>;
};

template <typename T, typename... More>
struct Split<Types<T, More...>> {
  using First = T;
  using Rest = Types<More...>;
};

template <typename T>
using FirstOf = typename Split<T>::First;
template <typename T>
using RestOf = typename Split<T>::Rest;

}  // namespace roux::di::detail
