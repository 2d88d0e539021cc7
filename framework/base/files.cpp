#include "roux/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/posix.h"
#include "roux/base/atomic_file.h"
#include "roux/base/error.h"

namespace roux {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  // "a/b/" names b: its folder is a.
  const std::filesystem::path file = path.has_filename() ? path : path.parent_path();
  const std::filesystem::path folder = file.parent_path();
  return folder.empty() ? "." : folder;
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  constexpr std::string_view kAction = "read";
  const posix::Descriptor file = posix::open(path, O_RDONLY);
  struct stat status {};
  if (!file.is_open() || fstat(file.get(), &status) != 0) posix::fail(kAction, path, errno);
  if (S_ISDIR(status.st_mode)) posix::fail(kAction, path, EISDIR);

  // The size is a hint: a pipe has none, /proc says 0, and a file may grow. One byte more than
  // expected is asked for, so that the end is seen without growing the buffer.
  constexpr std::size_t kSmallestPiece = 64 * 1024;
  std::string bytes;
  std::size_t used = 0;
  for (auto wanted = static_cast<std::size_t>(status.st_size) + 1;; wanted = kSmallestPiece) {
    const std::size_t limit = max_bytes - used < wanted ? max_bytes - used + 1 : wanted;
    bytes.resize(std::max(bytes.size(), used + limit));
    const ssize_t count = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) posix::fail(kAction, path, errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > max_bytes) {
      throw Error(cat("cannot read ", path, ": it holds more than the ", max_bytes,
                      " bytes that are allowed here"));
    }
  }
  bytes.resize(used);
  return bytes;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void durable_rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::filesystem::is_directory(from)) sync_folder(from);
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    posix::fail(cat("rename ", from, " to"), to, errno);
  }
  sync_folder(folder_of(to));
  if (folder_of(from) != folder_of(to)) sync_folder(folder_of(from));
}

void sync_folder(const std::filesystem::path& folder) {
  const posix::Descriptor descriptor = posix::open(folder, O_RDONLY | O_DIRECTORY);
  if (!descriptor.is_open()) posix::fail("open the folder", folder, errno);
  const int error = posix::sync(descriptor.get());
  // Some network file systems can't sync a folder and say so: there is nothing more to do.
  if (error != 0 && error != EINVAL) posix::fail("sync the folder", folder, error);
}

}  // namespace roux
