#include "roux/data/file_part.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/posix.h"
#include "roux/base/error.h"

namespace roux::data {
namespace {

// A few seconds of a disk that is not slow: no message is worth more.
constexpr std::int64_t kMostToCount = std::int64_t{4} << 30;
constexpr std::size_t kPieceBytes = 256 * 1024;

std::int64_t count_line_ends(const std::filesystem::path& path, std::int64_t begin,
                             std::int64_t end) {
  const auto source = open_plain(path, begin, end);
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  std::int64_t count = 0;
  while (begin < end) {
    const auto wanted = std::min(kPieceBytes, static_cast<std::size_t>(end - begin));
    const std::size_t size = source->read({buffer.get(), wanted});
    count += std::count(buffer.get(), buffer.get() + size, '\n');
    begin += static_cast<std::int64_t>(size);
  }
  return count;
}

}  // namespace

LineFile::LineFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  const auto status = std::filesystem::status(path_, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw ConfigError(cat(path_.string(),
                          " must be a file, which can be read more than once, but is ",
                          std::filesystem::is_directory(status) ? "a folder" : "none"));
  }
  compression_ = compression_of(path_);
  stamp_ = stamp_now();
}

LineFile::Stamp LineFile::stamp_now() const {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) posix::fail("read", path_, errno);
  return {status.st_size, status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
          status.st_dev, status.st_ino};
}

void LineFile::check_unchanged() const {
  const Stamp now = stamp_now();
  if (now == stamp_) return;
  throw DamagedFile(cat(
      path_.string(), ": ",
      now.inode != stamp_.inode || now.device != stamp_.device ? "was replaced by another file"
      : now.size != stamp_.size ? cat("has changed from ", stamp_.size, " to ", now.size, " bytes")
                                : "was written to",
      " while it was read"));
}

std::optional<std::int64_t> LineFile::line_ends_before(std::int64_t offset) const {
  const std::lock_guard lock(mutex_);
  const auto [from, count] = *std::prev(counted_.upper_bound(offset));
  if (from == offset) return count;
  if (offset - from > kMostToCount) return std::nullopt;
  try {
    const std::int64_t all = count + count_line_ends(path_, from, offset);
    counted_.emplace(offset, all);
    return all;
  } catch (const Error&) {  // asked for the sake of a message, which is to be seen all the same
    return std::nullopt;
  }
}

FilePart whole_file(std::filesystem::path path) {
  auto file = std::make_shared<const LineFile>(std::move(path));
  const std::int64_t size = file->size();
  return {.file = std::move(file), .end = size};
}

std::vector<FilePart> cut_files(std::span<const std::filesystem::path> files,
                                const CutOptions& options) {
  require(options.part_bytes >= 1, "a part must have at least one byte");
  require(options.stripes >= 1, "a file's lines need at least one part");
  std::vector<FilePart> parts;
  for (const std::filesystem::path& path : files) {
    const FilePart whole = whole_file(path);
    if (whole.file->compression() != Compression::None) {
      for (std::int64_t stripe = 0; stripe < options.stripes; ++stripe) {
        parts.push_back(whole);
        parts.back().stripe = stripe;
        parts.back().stripes = options.stripes;
      }
      continue;
    }
    // Equal ones: a small rest would be a shard's whole epoch.
    const std::int64_t count =
        whole.end / options.part_bytes + (whole.end % options.part_bytes != 0);
    std::int64_t begin = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t end = begin + (whole.end - begin) / (count - i);
      parts.push_back(whole);
      parts.back().begin = std::exchange(begin, end);
      parts.back().end = end;
    }
  }
  if (parts.empty() && !files.empty()) {
    throw DataError(cat(
        "there is no data: ", files.front().string(),
        files.size() > 1 ? cat(" and ", files.size() - 1, " more files are empty") : " is empty"));
  }
  return parts;
}

}  // namespace roux::data
