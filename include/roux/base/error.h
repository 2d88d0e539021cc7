#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roux {

// Base of everything the framework throws on purpose: the outside world said no (a disk is full, a
// peer is gone). what() is a sentence a user can read; main() prints it and no stack trace.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The user's config, flag or path is wrong. what() names the key and the value. Exit code 2.
class ConfigError : public Error {
 public:
  using Error::Error;
};

// An input file is damaged or not what it claims. what() names the path and the offset.
class DataError : public Error {
 public:
  using Error::Error;
};

// A broken promise inside the framework: a bug of ours, not of the user.
class InternalError : public Error {
 public:
  using Error::Error;
};

// Joins its arguments with operator<<: cat("step ", 3) == "step 3".
template <typename... Args>
std::string cat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

// Checks a precondition in every build type; a false `ok` is the caller's bug.
// (Builtins, not std::source_location, which the clang 14 behind clang-tidy lacks.)
inline void require(bool ok, std::string_view rule, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (!ok) throw InternalError(cat(file, ":", line, ": ", rule));
}

}  // namespace roux
