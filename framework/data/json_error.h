#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace roux::data {

// Where a line stops to be JSON and why, which simdjson doesn't say.
struct JsonError {
  std::size_t offset = 0;
  std::string reason;  // empty: it is JSON, as far as JsonText looks
};

// Looks no further than JsonText does for the member that `keys` lead to: what it passes over in
// other members (NaN, 01, [1 2]) is not what it failed at.
JsonError find_json_error(const std::string& line, std::span<const std::string> keys);

// What a file is, told by how its first line begins, that holds no JSON lines: "a Parquet file"; ""
// for what may hold them.
std::string_view other_format(std::string_view first_line);

}  // namespace roux::data
