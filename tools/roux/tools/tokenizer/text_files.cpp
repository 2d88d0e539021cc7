#include "text_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "json_text.h"
#include "roux/base/error.h"
#include "roux/tokenizer/bpe_trainer.h"
#include "tool/input.h"

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
  explicit File(const std::string& file) : input_(file) {
    fill();
    const std::string_view head = unread();
    if (head.starts_with("\x1f\x8b") || head.starts_with("\x28\xb5\x2f\xfd")) {
      const bool gzip = head[0] == '\x1f';
      throw DataError(cat(name(), " is compressed: ", gzip ? "zcat " : "zstdcat ", name(),
                          " | roux tokenizer train - reads it"));
    }
  }

  const std::string& name() const { return input_.name(); }
  std::string_view unread() const { return std::string_view(buffer_).substr(taken_); }
  void take(std::size_t size) { taken_ += size; }

  // Reads on; false at the end.
  bool fill() {
    buffer_.erase(0, std::exchange(taken_, 0));
    return input_.read_on(buffer_, kChunk);
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
  std::string place() const { return cat(name(), ":", number_); }

 private:
  Input input_;
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
