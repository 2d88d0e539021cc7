#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace roux {

// Keeps two processes from using the same folder: whoever holds the lock on a file in it may. The
// system gives it back when the process ends, however it ends. (flock; the file itself stays, and
// must: who deletes it lets a second one in.)
class FileLock {
 public:
  // nullopt if somebody else holds it, be it in this process. The file is made if it is missing;
  // Error if that fails.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);

  // Who holds a lock that can't be had, as they wrote it there: "process 1234 on node7"; if they
  // had no time to, "another process".
  static std::string holder(const std::filesystem::path& path);

  FileLock(FileLock&&) noexcept;
  FileLock& operator=(FileLock&&) noexcept;
  ~FileLock();

 private:
  class Held;
  explicit FileLock(std::unique_ptr<Held> held);

  std::unique_ptr<Held> held_;
};

}  // namespace roux
