#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "roux/config/value.h"

namespace roux::config {

// Larger files and deeper nesting are no config, and are refused before they cost anything.
inline constexpr std::size_t kMaxConfigBytes = 16U << 20U;
inline constexpr int kMaxNesting = 64;

// Reads TOML 1.0 into a table in which every key and value knows its line and column. `source` is
// the name that messages use, `folder` what `${dir}` stands for. Throws ConfigError, located.
Value parse_toml(std::string_view text, std::string_view source,
                 const std::filesystem::path& folder);

// The same for a file; `${dir}` is its folder. Throws ConfigError where it can't be read.
Value load_toml(const std::filesystem::path& file);

// Reads one TOML value, such as `1.9` or `{lr = 0.1}`, that stands at `place`. Throws ConfigError
// without a place: the caller knows what was asked for.
Value parse_toml_value(std::string_view text, const Place& place);

// Where `text` stops being UTF-8, or npos: what no TOML file can hold.
std::size_t find_invalid_utf8(std::string_view text);

// A value on one line: `{name = "adamw", config = {lr = 0.001}}`.
std::string to_toml(const Value& value);

}  // namespace roux::config
