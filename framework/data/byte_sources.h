#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "roux/base/error.h"
#include "roux/data/byte_source.h"

namespace roux::data {

// What a file holds, compressed, in pieces for a library that decompresses.
class PackedBytes {
 public:
  explicit PackedBytes(const std::filesystem::path& path);

  // Reads on if nothing is left of the piece before; false at the end of the file.
  bool fill();
  std::span<const char> left() const { return left_; }
  void take(std::size_t count);

  // Throws DamagedFile: FILE: WHAT at byte OFFSET of the file, which is the first of left().
  [[noreturn]] void fail(std::string_view what) const;

  std::int64_t taken() const { return offset_; }  // of the file

 private:
  std::string path_;
  std::unique_ptr<ByteSource> file_;
  std::unique_ptr<char[]> piece_;
  std::span<const char> left_;
  std::int64_t offset_ = 0;
};

// Require: the file begins with a header of theirs.
std::unique_ptr<ByteSource> open_gzip(const std::filesystem::path& path);
std::unique_ptr<ByteSource> open_zstd(const std::filesystem::path& path);

}  // namespace roux::data
