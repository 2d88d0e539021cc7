#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

#include "roux/base/error.h"

namespace roux::datasets {

inline constexpr std::string_view kLockName = ".lock";

inline bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Whether AtomicFile names a file so that is not finished, or whose process was killed.
inline bool is_temporary(std::string_view name) {
  constexpr std::string_view kPrefix = ".tmp-";
  return name.starts_with(kPrefix) && name.size() == kPrefix.size() + 16 &&
         consists_of(name.substr(kPrefix.size()), "0123456789abcdef");
}

// With those above it, where they are missing. Throws Error. Returns whether there was none.
inline bool make_folder(const std::filesystem::path& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    if (!error) error = std::make_error_code(std::errc::not_a_directory);
    throw Error(cat("cannot make the folder ", path.string(), ": ", error.message()));
  }
  return made;
}

}  // namespace roux::datasets
