#include "text_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "json_text.h"
#include "roux/base/error.h"
#include "roux/tokenizer/bpe_trainer.h"

namespace roux::tool {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;

// What has no place to cut it at is cut anywhere, rather than held in memory as a whole.
constexpr std::size_t kLongestLine = std::size_t{16} << 20U;

// How much of the text is there without the beginning of a character at its end.
std::size_t whole_characters(std::string_view text) {
  std::size_t size = text.size();
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[size - 1]) & 0xc0U) == 0x80; ++i)
    --size;
  return static_cast<unsigned char>(text[size - 1]) < 0xc0 ? text.size() : size - 1;
}

}  // namespace

bool is_jsonl(const std::string& name) {
  return name.ends_with(".jsonl") || name.ends_with(".ndjson");
}

// A file that is read from the front, with what was read and not yet taken.
class TextFiles::File {
 public:
  explicit File(const std::string& name)
      : name_(name),
        descriptor_(name == "-" ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) fail("open");
    fill();
    const std::string_view head = unread();
    if (head.starts_with("\x1f\x8b") || head.starts_with("\x28\xb5\x2f\xfd")) {
      const bool gzip = head[0] == '\x1f';
      throw DataError(cat(name_, " is compressed: ", gzip ? "zcat " : "zstdcat ", name_,
                          " | roux tokenizer train - reads it"));
    }
  }

  ~File() {
    if (descriptor_ > STDIN_FILENO) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& name() const { return name_; }
  std::string_view unread() const { return std::string_view(buffer_).substr(taken_); }
  void take(std::size_t size) { taken_ += size; }

  // Reads on; false at the end.
  bool fill() {
    buffer_.erase(0, std::exchange(taken_, 0));
    const std::size_t size = buffer_.size();
    buffer_.resize(size + kChunk);
    for (;;) {
      const ssize_t count = read(descriptor_, buffer_.data() + size, kChunk);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("read");
      buffer_.resize(size + static_cast<std::size_t>(count));
      return count > 0;
    }
  }

  // A line without its end; false at the end of the file.
  bool line(std::string_view& line) {
    std::size_t searched = 0;
    std::size_t end = std::string_view::npos;
    while ((end = unread().find('\n', searched)) == std::string_view::npos) {
      searched = unread().size();
      if (!fill()) break;
    }
    if (unread().empty()) return false;
    line = unread().substr(0, end);
    take(std::min(line.size() + 1, unread().size()));
    ++number_;
    return true;
  }

  // Of the line that was taken last.
  std::string place() const { return cat(name_, ":", number_); }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    const int code = errno;
    const std::string text = cat("cannot ", what, " ", name_, ": ", std::strerror(code));
    // What was named is not what it should be; a disk that fails is no mistake of the user.
    const bool is_named_wrong = code == ENOENT || code == EISDIR || code == EACCES;
    if (is_named_wrong) throw ConfigError(text);
    throw Error(text);
  }

  std::string name_;
  int descriptor_;
  std::string buffer_;
  std::size_t taken_ = 0;
  std::int64_t number_ = 0;
};

TextFiles::TextFiles(std::vector<std::string> files, TextFormat format, std::string field,
                     std::string pattern)
    : files_(std::move(files)),
      format_(format),
      field_(std::move(field)),
      pattern_(std::move(pattern)) {}

TextFiles::~TextFiles() = default;

std::uint64_t TextFiles::total_bytes() const {
  std::uint64_t total = 0;
  for (const std::string& name : files_) {
    struct stat status {};
    if (name == "-" || stat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    total += static_cast<std::uint64_t>(status.st_size);
  }
  return total;
}

bool TextFiles::open_next() {
  if (next_file_ == files_.size()) return false;
  file_ = std::make_unique<File>(files_[next_file_++]);
  return true;
}

bool TextFiles::next(std::string& text) {
  while (file_ || open_next()) {
    const bool jsonl =
        format_ == TextFormat::Jsonl || (format_ == TextFormat::Auto && is_jsonl(file_->name()));
    if (jsonl ? next_object(text) : next_part(text)) return true;
    file_.reset();
  }
  return false;
}

bool TextFiles::next_part(std::string& text) {
  std::size_t cut = 0;
  while ((cut = last_cut(file_->unread(), pattern_)) == 0) {
    const std::string_view unread = file_->unread();
    if (unread.size() < kLongestLine && file_->fill()) continue;
    cut = unread.size() < kLongestLine ? file_->unread().size() : whole_characters(unread);
    break;
  }
  text.assign(file_->unread().substr(0, cut));
  file_->take(cut);
  if (file_->unread().size() < kChunk / 2) file_->fill();
  return cut > 0;
}

bool TextFiles::next_object(std::string& text) {
  std::string_view line;
  while (file_->line(line)) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      text = parse_text(line, field_);
    } catch (const DataError& error) {
      throw DataError(cat(file_->place(), ": ", error.what()));
    }
    return true;
  }
  return false;
}

}  // namespace roux::tool
