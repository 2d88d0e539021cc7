#include "roux/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/posix.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux {

class AtomicFile::Temporary {
 public:
  explicit Temporary(std::filesystem::path target) : target_(std::move(target)) {
    create();
    try {
      copy_permissions();
    } catch (...) {
      discard();
      throw;
    }
  }

  ~Temporary() { discard(); }

  void write(std::string_view bytes) { check(posix::write_all(file_.get(), bytes)); }

  void commit() {
    check(posix::sync(file_.get()));
    check(file_.close());
    durable_rename(path_, target_);
    path_.clear();
  }

 private:
  // Not mkstemp: its files are private to their owner, and only open() asks the umask (reading the
  // umask means changing it for all threads).
  void create() {
    constexpr mode_t kReadWriteForAll = 0666;
    do {
      path_ = target_;
      path_.replace_filename(".tmp-" + posix::random_suffix());
      file_ = posix::open(path_, O_WRONLY | O_CREAT | O_EXCL, kReadWriteForAll);
    } while (!file_.is_open() && errno == EEXIST);
    check(file_.is_open() ? 0 : errno);
  }

  void copy_permissions() {
    constexpr mode_t kPermissions = 07777;
    struct stat old {};
    if (lstat(target_.c_str(), &old) != 0 || !S_ISREG(old.st_mode)) return;
    check(fchmod(file_.get(), old.st_mode & kPermissions) == 0 ? 0 : errno);
  }

  // The target and not the temporary: that is the name the user knows.
  void check(int error) const {
    if (error != 0) posix::fail("write", target_, error);
  }

  void discard() noexcept {
    if (!path_.empty()) ::unlink(path_.c_str());
    path_.clear();
  }

  std::filesystem::path target_;
  std::filesystem::path path_;  // empty: there is none any more
  posix::Descriptor file_;
};

AtomicFile::AtomicFile(std::filesystem::path path)
    : temporary_(std::make_unique<Temporary>(std::move(path))) {}

AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::string_view bytes) {
  require(temporary_ != nullptr, "AtomicFile::write: it is already committed or moved from");
  temporary_->write(bytes);
}

void AtomicFile::commit() {
  require(temporary_ != nullptr, "AtomicFile::commit: it is already committed or moved from");
  const std::unique_ptr<Temporary> temporary = std::move(temporary_);
  temporary->commit();
}

}  // namespace roux
