#include "checkpoint/files_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/posix.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/units.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;

// What is handed to the system at a time. The disk begins with it at once.
constexpr std::uint64_t kWriteBytes = 16 << 20;
static_assert(kWriteBytes % kChunkBytes == 0 && Staging::kBlockBytes % kWriteBytes == 0);

[[noreturn]] void fail(const fs::path& file, int error, std::uint64_t bytes) {
  if (error != ENOSPC && error != EDQUOT) posix::fail("write", file, error);
  std::error_code ignored;
  const auto space = fs::space(file.parent_path(), ignored);
  throw Error(cat(
      "cannot write ", file, ": ", std::generic_category().message(error), ": the file takes ",
      approximate_bytes(bytes),
      ignored ? ""
              : cat(", and there are ", approximate_bytes(space.available), " left on this disk")));
}

// Claims the room before anything is written, so that a full disk is seen at once, and the file
// lies in few pieces. Not posix_fallocate(): where the file system can't, that writes zeros.
void allocate(const posix::Descriptor& file, const fs::path& path, std::uint64_t bytes) {
  if (bytes == 0) return;
  while (::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOSYS) return;
    if (errno != EINTR) fail(path, errno, bytes);
  }
}

void write_file(const fs::path& path, Manifest::File& file, std::uint64_t begin,
                const Staging& staging) {
  constexpr mode_t kReadWriteForAll = 0666;
  posix::Descriptor out = posix::open(path, O_WRONLY | O_CREAT | O_EXCL, kReadWriteForAll);
  if (!out.is_open()) fail(path, errno, file.bytes);
  allocate(out, path, file.bytes);
  file.sums.clear();
  for (std::uint64_t done = 0; done < file.bytes;) {
    const auto piece = staging.piece(begin + done, std::min(kWriteBytes, file.bytes - done));
    for (std::size_t at = 0; at < piece.size(); at += kChunkBytes) {
      file.sums.push_back(
          crc32c(piece.subspan(at, std::min<std::size_t>(kChunkBytes, piece.size() - at))));
    }
    const std::string_view bytes(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (const int error = posix::write_all(out.get(), bytes)) fail(path, error, file.bytes);
    // So that the disk does not wait until all is handed over. An error is seen by the sync below.
    ::sync_file_range(out.get(), static_cast<off64_t>(done), static_cast<off64_t>(piece.size()),
                      SYNC_FILE_RANGE_WRITE);
    done += piece.size();
  }
  if (const int error = posix::sync(out.get())) fail(path, error, file.bytes);
  if (const int error = out.close()) fail(path, error, file.bytes);
}

}  // namespace

void write_files(const fs::path& folder, Image& image, const Staging& staging) {
  auto& files = image.manifest().files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    write_file(folder / files[i].name, files[i], image.begin_of(i), staging);
  }
}

}  // namespace roux::checkpoint
