#include "roux/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/posix.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

constexpr std::string_view kAction = "lock";

std::string this_process() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  return cat("process ", getpid(), " on ", host.data());
}

// False if somebody else has the lock.
bool lock(const posix::Descriptor& file, const std::filesystem::path& path) {
  while (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) posix::fail(kAction, path, errno);
  }
  return true;
}

}  // namespace

class FileLock::Held {
 public:
  explicit Held(posix::Descriptor file) : file_(std::move(file)) {}

  // The note goes first, so that nobody reads it of a lock that is free.
  ~Held() { [[maybe_unused]] const int ignored = ftruncate(file_.get(), 0); }

 private:
  posix::Descriptor file_;
};

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  constexpr mode_t kReadWriteForAll = 0666;
  posix::Descriptor file = posix::open(path, O_RDWR | O_CREAT, kReadWriteForAll);
  if (!file.is_open()) posix::fail(kAction, path, errno);
  if (!lock(file, path)) return std::nullopt;

  const bool emptied = ftruncate(file.get(), 0) == 0;
  const int error = emptied ? posix::write_all(file.get(), this_process() + "\n") : errno;
  if (error != 0) posix::fail(kAction, path, error);
  return FileLock(std::make_unique<Held>(std::move(file)));
}

std::string FileLock::holder(const std::filesystem::path& path) {
  constexpr std::uint64_t kLongestNote = 4096;
  const std::string note(trim(read_file(path, kLongestNote)));
  return note.empty() ? "another process" : note;
}

FileLock::FileLock(std::unique_ptr<Held> held) : held_(std::move(held)) {}
FileLock::FileLock(FileLock&&) noexcept = default;
FileLock& FileLock::operator=(FileLock&&) noexcept = default;
FileLock::~FileLock() = default;

}  // namespace roux
