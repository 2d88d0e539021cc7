#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roux::data {

// What Roux uses of Arrow, which is linked by a library of its own, libroux_parquet.so. Members
// throw std::runtime_error with Arrow's words, and std::invalid_argument for a column that is not
// there or holds no strings.
class ParquetColumn {
 public:
  virtual ~ParquetColumn() = default;

  // The next texts in place of what `texts` holds, nullopt for a null; none at the end.
  virtual void read(std::vector<std::optional<std::string>>& texts) = 0;
};

class ParquetFile {
 public:
  virtual ~ParquetFile() = default;

  virtual std::vector<std::int64_t> rows_of_groups() const = 0;

  // Requires: the file lives as long.
  virtual std::unique_ptr<ParquetColumn> open(int group, const std::string& column) = 0;
};

// The one symbol that is looked up in it: opens a file, for the caller to delete.
inline constexpr const char* kParquetOpener = "roux_open_parquet";
using ParquetOpener = ParquetFile* (*)(const std::string& path);

}  // namespace roux::data
