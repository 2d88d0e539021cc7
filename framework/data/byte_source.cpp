#include "roux/data/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "base/posix.h"
#include "data/byte_sources.h"

namespace roux::data {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

class PlainSource final : public ByteSource {
 public:
  PlainSource(const std::filesystem::path& path, std::int64_t begin, std::int64_t size)
      : path_(path), file_(posix::open(path, O_RDONLY)), offset_(begin) {
    if (!file_.is_open()) fail(errno);
    size_ = size_now();
    if (size_ < std::max(begin, size)) shrunk(std::max(begin, size), size_);
    // Reads ahead further. Where the system can't, nothing is lost.
    posix_fadvise(file_.get(), begin, 0, POSIX_FADV_SEQUENTIAL);
  }

  std::size_t read(std::span<char> into) override {
    ssize_t count = -1;
    do {
      count = ::pread(file_.get(), into.data(), into.size(), offset_);
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail(errno);
    if (count == 0 && offset_ < size_) shrunk(size_, size_now());
    offset_ += count;
    return static_cast<std::size_t>(count);
  }

  std::int64_t file_bytes() const override { return offset_; }

 private:
  std::int64_t size_now() const {
    struct stat status {};
    if (fstat(file_.get(), &status) != 0) fail(errno);
    if (S_ISDIR(status.st_mode)) fail(EISDIR);
    return status.st_size;
  }

  [[noreturn]] void fail(int error) const { posix::fail("read", path_, error); }
  [[noreturn]] void shrunk(std::int64_t before, std::int64_t now) const {
    throw DamagedFile(cat(path_.string(), ": has shrunk from ", before, " to ", now,
                          " bytes while it is read, at byte ", offset_));
  }

  std::filesystem::path path_;
  posix::Descriptor file_;
  std::int64_t offset_;
  std::int64_t size_ = 0;
};

bool starts(std::span<const char> bytes, std::string_view with) {
  return std::string_view(bytes.data(), bytes.size()).starts_with(with);
}

Compression told_by(std::span<const char> begins_with) {
  if (starts(begins_with, "\x1f\x8b")) return Compression::Gzip;
  if (starts(begins_with, "\x28\xb5\x2f\xfd")) return Compression::Zstd;
  // A frame that decompressors skip: pzstd and others begin with one.
  const bool skipped = begins_with.size() >= 4 && (begins_with[0] & 0xf0) == 0x50 &&
                       starts(begins_with.subspan(1), "\x2a\x4d\x18");
  return skipped ? Compression::Zstd : Compression::None;
}

std::string shown(std::span<const char> bytes) {
  if (bytes.empty()) return "it is empty";
  std::string text = "it begins with the bytes";
  for (const char byte : bytes) {
    std::array<char, 4> digits{};
    std::snprintf(digits.data(), digits.size(), " %02x", static_cast<unsigned char>(byte));
    text += digits.data();
  }
  return text;
}

}  // namespace

PackedBytes::PackedBytes(const std::filesystem::path& path)
    : path_(path.string()),
      file_(open_plain(path)),
      piece_(std::make_unique_for_overwrite<char[]>(kPieceBytes)) {}

bool PackedBytes::fill() {
  if (left_.empty()) left_ = {piece_.get(), file_->read({piece_.get(), kPieceBytes})};
  return !left_.empty();
}

void PackedBytes::take(std::size_t count) {
  left_ = left_.subspan(count);
  offset_ += static_cast<std::int64_t>(count);
}

void PackedBytes::fail(std::string_view what) const {
  throw DamagedFile(cat(path_, ": ", what, ", at byte ", offset_, " of the file"));
}

std::unique_ptr<ByteSource> open_plain(const std::filesystem::path& path, std::int64_t begin,
                                       std::int64_t size) {
  return std::make_unique<PlainSource>(path, begin, size);
}

Compression compression_of(const std::filesystem::path& path) {
  std::array<char, 4> first{};
  const std::span<const char> begins_with(first.data(), open_plain(path)->read(first));
  const Compression compression = told_by(begins_with);
  const std::filesystem::path suffix = path.extension();
  if (compression == Compression::None && (suffix == ".gz" || suffix == ".zst")) {
    throw DamagedFile(cat(path.string(), ": is named ", suffix.string(),
                          ", but holds neither gzip nor zstd: ", shown(begins_with)));
  }
  return compression;
}

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
  switch (compression_of(path)) {
    case Compression::Gzip:
      return open_gzip(path);
    case Compression::Zstd:
      return open_zstd(path);
    case Compression::None:
      break;
  }
  return open_plain(path);
}

}  // namespace roux::data
