#include "roux/base/temporary_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/posix.h"

namespace roux {

TemporaryFolder::TemporaryFolder() : TemporaryFolder(std::filesystem::temp_directory_path()) {}

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent) {
  // Not mkdtemp: its folders are private to their owner, and a staged one may become permanent.
  constexpr mode_t kAllForAll = 0777;
  std::filesystem::path path;
  int error = 0;
  do {
    path = parent / (".tmp-" + posix::random_suffix());
    error = mkdir(path.c_str(), kAllForAll) == 0 ? 0 : errno;
  } while (error == EEXIST);
  if (error != 0) posix::fail("make a folder in", parent, error);
  path_ = std::move(path);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept {
  path_.swap(other.path_);
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  path_.swap(other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace roux
