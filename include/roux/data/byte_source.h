#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "roux/base/error.h"

namespace roux::data {

// A file from which nothing more can be read: it is damaged, or has shrunk. Not one broken example,
// which may be left out.
class DamagedFile : public DataError {
 public:
  using DataError::DataError;
};

enum class Compression { None, Gzip, Zstd };

// Told by the file's first bytes. Throws DamagedFile where its name says .gz or .zst, and they are
// neither's.
Compression compression_of(const std::filesystem::path& path);

// The bytes of a file from some place on, decompressed. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills `into` from its front and returns how much of it: at least one byte, unless this is the
  // end. Throws DamagedFile, which names the file and the offset in it, and Error where it
  // can't be read; the source is of no more use then.
  // Requires: `into` is not empty.
  virtual std::size_t read(std::span<char> into) = 0;

  // How much of the file, on the disk, was needed for what was read.
  virtual std::int64_t file_bytes() const = 0;
};

// The file as it is, from byte `begin` on. Throws DamagedFile where it holds less than `size`
// bytes, which it is known to have held before.
std::unique_ptr<ByteSource> open_plain(const std::filesystem::path& path, std::int64_t begin = 0,
                                       std::int64_t size = 0);

// All that the file holds, decompressed: of gzip files all members, of zstd files all frames.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

}  // namespace roux::data
