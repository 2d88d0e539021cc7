#include "metrics/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPiece = 64 * 1024;

std::string file_name_of(std::string_view part) {
  std::string name(part);
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '.' || c == '_' || c == '-';
    if (!plain) c = '_';
  }
  if (name.empty() || name.front() == '.') name.insert(0, "_");  // hidden, "." and ".."
  return name;
}

std::string read_piece(const posix::Descriptor& file, const fs::path& path, std::uint64_t from,
                       std::uint64_t size) {
  std::string piece(size, '\0');
  std::size_t done = 0;
  while (done < piece.size()) {
    const auto read = ::pread(file.get(), piece.data() + done, piece.size() - done,
                              static_cast<off_t>(from + done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) posix::fail("read", path, errno);
    if (read == 0) break;
    done += static_cast<std::size_t>(read);
  }
  piece.resize(done);
  return piece;
}

// Where the lines that may stay end, in a file of `size` bytes.
std::uint64_t end_of_kept(const posix::Descriptor& file, const fs::path& path, std::uint64_t size,
                          std::int64_t last, std::uint64_t head, const StepOfLine& step_of) {
  // `tail` is what lies from `from` on and has not been cut off yet; lines are taken off its end.
  std::uint64_t from = size;
  std::string tail;
  const auto read_back = [&] {
    const std::uint64_t piece = std::min(kPiece, from - head);
    from -= piece;
    tail.insert(0, read_piece(file, path, from, piece));
  };
  while (true) {
    while (from > head && (tail.empty() || tail.find('\n') == tail.rfind('\n'))) read_back();
    if (tail.empty()) return head;
    if (tail.back() != '\n') {  // torn
      const auto before = tail.rfind('\n');
      tail.resize(before == std::string::npos ? 0 : before + 1);
      if (tail.empty() && from == head) return head;
      continue;
    }
    const auto before = tail.size() < 2 ? std::string::npos : tail.rfind('\n', tail.size() - 2);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const auto step = step_of(std::string_view(tail).substr(begin, tail.size() - 1 - begin));
    if (step && *step <= last) return from + tail.size();
    tail.resize(begin);
  }
}

}  // namespace

fs::path file_of_category(const fs::path& folder, std::string_view category,
                          std::string_view extension) {
  fs::path path = folder;
  for (const std::string& part : split(category, '/')) path /= file_name_of(part);
  path += extension;
  return path;
}

std::vector<fs::path> files_below(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code error;
  if (!fs::exists(folder, error)) return files;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file() && entry->path().native().ends_with(extension)) {
      files.push_back(entry->path());
    }
  }
  if (error) throw Error(cat("cannot read ", folder, ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

void cut_lines(const fs::path& path, std::optional<std::int64_t> last, std::uint64_t head,
               const StepOfLine& step_of) {
  const posix::Descriptor file = posix::open(path, O_RDWR);
  if (!file.is_open()) posix::fail("open", path, errno);
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  if (end < 0) posix::fail("read", path, errno);

  const auto size = static_cast<std::uint64_t>(end);
  if (size <= head) return;
  const std::uint64_t kept = last ? end_of_kept(file, path, size, *last, head, step_of) : head;
  if (kept == size) return;
  if (::ftruncate(file.get(), static_cast<off_t>(kept)) != 0) posix::fail("write", path, errno);
  if (const int error = posix::sync(file.get())) posix::fail("write", path, error);
}

LineFile::LineFile(fs::path path) : path_(std::move(path)) {
  constexpr mode_t kReadWriteForAll = 0666;
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error)
    throw Error(cat("cannot make the folder ", path_.parent_path(), ": ", error.message()));
  file_ = posix::open(path_, O_WRONLY | O_CREAT | O_APPEND, kReadWriteForAll);
  if (!file_.is_open()) posix::fail("open", path_, errno);
}

void LineFile::append(std::string_view bytes) {
  // A file that somebody removed would take lines until the end of the run and keep none.
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0 && status.st_nlink == 0) {
    posix::fail("write", path_, ENOENT);
  }
  if (const int error = posix::write_all(file_.get(), bytes)) posix::fail("write", path_, error);
  changed_ = true;
}

void LineFile::sync() {
  if (!changed_) return;
  if (const int error = posix::sync(file_.get())) posix::fail("write", path_, error);
  changed_ = false;
}

std::string exact_number(double value) {
  std::array<char, 64> text{};
  constexpr double kWhole = 9007199254740992.0;  // 2^53
  const bool whole = std::abs(value) < kWhole && value == std::floor(value);
  const auto end = whole ? std::to_chars(text.data(), text.data() + text.size(),
                                         static_cast<std::int64_t>(value))
                         : std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

}  // namespace roux
