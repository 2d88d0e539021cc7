#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "roux/data/stream.h"

namespace roux::data {

// Some rows of a Parquet file: a row group, which is what can be entered without reading the
// others.
struct ParquetPart {
  std::filesystem::path path;
  std::int64_t group = 0;
  std::int64_t first_row = 0;  // of the group, in the file
  std::int64_t rows = 0;
};

// Arrow's C++ library, which reads Parquet, is not part of Roux: a plug-in, libroux_parquet.so, is
// built where CMake finds it (docs/data.md), and loaded when the first file is opened.
bool can_read_parquet();

// The row groups of the files, in their order. Throws Error where Parquet can't be read here, and
// says how it can; DataError for a file that is none.
std::vector<ParquetPart> cut_parquet_files(std::span<const std::filesystem::path> files);

// The texts of a column, "text", or "page.text" of one with fields. Its place is a count of rows;
// load() reads up to it. Throws DataError, FILE: row N, for what is null or invalid UTF-8, and
// ConfigError where there is no such column, or it holds no strings; then that is the end.
StreamPtr<std::string> open_parquet(const ParquetPart& part, std::string column);

}  // namespace roux::data
