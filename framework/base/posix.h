#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <utility>

// What the file sources of this room share: system calls that go on after a signal and fail with an
// Error that names the path and the reason.
namespace roux::posix {

// Throws Error: `cannot <action> "<path>": <what `error` (an errno) means>`.
[[noreturn]] void fail(std::string_view action, const std::filesystem::path& path, int error);

// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  // Closes now and says what went wrong: some file systems report a lost write only here.
  // Returns 0 or an errno.
  int close();

 private:
  int number_ = -1;
};

// open(2), always with O_CLOEXEC; a negative descriptor with errno set if it fails.
Descriptor open(const std::filesystem::path& path, int flags, mode_t mode = 0);

// Writes all of `bytes`, in as many pieces as the system likes. Returns 0 or an errno.
int write_all(int descriptor, std::string_view bytes);

// fsync(2). Returns 0 or an errno.
int sync(int descriptor);

// 16 hexadecimal digits that no other process draws: for the names of temporary files.
std::string random_suffix();

}  // namespace roux::posix
