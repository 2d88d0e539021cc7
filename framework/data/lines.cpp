#include "roux/data/lines.h"

#include <cstring>
#include <limits>
#include <utility>

#include "roux/base/error.h"

namespace roux::data {
namespace {

// In the second level's cache, so that a byte crosses to memory once.
constexpr std::size_t kBufferBytes = 256 * 1024;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::optional<std::int64_t> line_number(const LinePlace& place) {
  std::optional<std::int64_t> before = 0;
  // A part begins with the line that follows the first line end from begin - 1 on.
  if (place.begin > 0) before = place.file->line_ends_before(place.begin - 1);
  if (before && place.begin > 0) ++*before;
  if (before) *before += place.index + 1;
  return before;
}

}  // namespace

std::string describe(const LinePlace& place) {
  const auto number = line_number(place);
  return cat(place.file->path().string(), number ? cat(':', *number) : "", " (byte ", place.offset,
             ')');
}

void fail_at(const LinePlace& place, std::string_view what) {
  throw DataError(cat(describe(place), ": ", what));
}

ReadLines::ReadLines(FilePart part, LineOptions options)
    : part_(std::move(part)), options_(options), offset_(part_.begin) {
  require(part_.file != nullptr, "lines are read from a file");
  require(options.max_line_bytes >= 1, "a line must be allowed at least one byte");
  require(0 <= part_.stripe && part_.stripe < part_.stripes,
          "a stripe's number must be less than their count");
  require(part_.begin == 0 || part_.stripes == 1 || !compressed(),
          "a compressed file is read from its start");
}

std::optional<Line> ReadLines::next() {
  Line line;
  Extent extent;
  try {
    while (!ended_ && !given_up_) {
      if (!source_) open();
      if (!compressed() && offset_ >= part_.end) break;
      const bool ours = index_ % part_.stripes == part_.stripe;
      extent = read_line(ours ? &line.text : nullptr);
      if (extent.bytes == 0) break;
      if (ours) {
        line.where = {part_.file, offset_ + mark_bytes_, part_.begin, index_,
                      source_->file_bytes()};
      }
      offset_ += extent.bytes + std::exchange(mark_bytes_, 0);
      ++index_;
      if (ours) break;
    }
  } catch (const DataError&) {  // nothing can be read behind it
    close();
    throw;
  } catch (...) {  // load() may find it mended, and whoever goes on with other files may do so
    source_.reset();
    given_up_ = true;
    throw;
  }
  if (extent.too_long) {
    fail_at(line.where, cat("a line must hold at most ", options_.max_line_bytes,
                            " bytes, but this one takes ", extent.bytes));
  }
  if (line.where.file) return line;
  if (!given_up_) close();
  return std::nullopt;
}

// Of the next line, its end included; no bytes at the end of the file. `text`, where there is one,
// gets the line, and nothing of one that is too long.
ReadLines::Extent ReadLines::read_line(std::string* text) {
  Extent extent;
  for (;;) {
    if (at_ == end_ && !fill()) {
      ended_ = true;
      break;
    }
    const auto left = static_cast<std::size_t>(end_ - at_);
    const auto* line_end = static_cast<const char*>(std::memchr(at_, '\n', left));
    const char* const stop = line_end != nullptr ? line_end : end_;
    const auto count = static_cast<std::size_t>(stop - at_);
    extent.bytes += stop - at_;
    if (text != nullptr && extent.bytes > options_.max_line_bytes) {
      *std::exchange(text, nullptr) = std::string();
      extent.too_long = true;
    }
    if (text != nullptr) {
      if (text->empty()) text->reserve(count + kLinePadding);
      text->append(at_, count);
    }
    at_ = stop;
    if (line_end == nullptr) continue;
    ++at_;
    ++extent.bytes;
    if (text != nullptr && text->ends_with('\r')) text->pop_back();
    break;
  }
  if (text != nullptr) text->reserve(text->size() + kLinePadding);
  return extent;
}

void ReadLines::open() {
  buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes + kByteOrderMark.size());
  at_ = end_ = buffer_.get();
  const bool fresh = index_ == 0;
  if (fresh) offset_ = part_.begin;
  mark_bytes_ = 0;
  // From the byte before the first line: what stands there tells whether a line begins.
  const std::int64_t from = std::max<std::int64_t>(offset_ - 1, 0);
  if (compressed()) {
    source_ = open_bytes(part_.file->path());
    drop(from);
  } else {
    source_ = open_plain(part_.file->path(), from, part_.file->size());
  }
  if (offset_ == 0) {
    skip_byte_order_mark();
  } else if (!fresh) {
    if ((at_ == end_ && !fill()) || *at_ != '\n') changed();
    ++at_;
  } else {  // the line that is under way belongs to the part before
    offset_ = from;
    skip_to_line();
  }
}

// No further than the part goes: with a line of many parts, each would read all that follows.
void ReadLines::skip_to_line() {
  bool found = false;
  while (!found && offset_ < part_.end) {
    if (at_ == end_ && !fill()) return;
    const char* const from = at_;
    const auto* line_end =
        static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end_ - from)));
    found = line_end != nullptr;
    at_ = found ? line_end + 1 : end_;
    offset_ += at_ - from;
  }
}

void ReadLines::close() {
  ended_ = true;
  source_.reset();
  buffer_.reset();
}

void ReadLines::drop(std::int64_t count) {
  while (count > 0) {
    if (at_ == end_ && !fill()) changed();
    const std::int64_t here = std::min<std::int64_t>(count, end_ - at_);
    at_ += here;
    count -= here;
  }
}

// The first line begins with the mark and its text behind it.
void ReadLines::skip_byte_order_mark() {
  while (static_cast<std::size_t>(end_ - at_) < kByteOrderMark.size()) {
    const auto size = static_cast<std::size_t>(end_ - at_);
    const std::size_t more = source_->read({buffer_.get() + size, kBufferBytes});
    if (more == 0) break;
    end_ += more;
  }
  const std::string_view start(at_, static_cast<std::size_t>(end_ - at_));
  if (!start.starts_with(kByteOrderMark)) return;
  at_ += kByteOrderMark.size();
  mark_bytes_ = static_cast<std::int64_t>(kByteOrderMark.size());
}

bool ReadLines::fill() {
  const std::size_t size = source_->read({buffer_.get(), kBufferBytes});
  at_ = buffer_.get();
  end_ = at_ + size;
  return size > 0;
}

void ReadLines::changed() const {
  throw Error(cat(part_.file->path().string(),
                  ": has changed since the place in it was saved: no "
                  "line begins at byte ",
                  offset_));
}

void ReadLines::rewind(std::int64_t) {
  offset_ = part_.begin;
  index_ = 0;
  ended_ = false;
  given_up_ = false;
  source_.reset();
}

void ReadLines::save(Bookmark& bookmark) const {
  bookmark.name("lines").number(offset_).number(index_).number(ended_ ? 1 : 0);
}

void ReadLines::load(BookmarkReader& bookmark) {
  bookmark.name("lines");
  const std::int64_t offset =
      bookmark.number(part_.begin, std::numeric_limits<std::int64_t>::max());
  const std::int64_t index = bookmark.number(0, offset - part_.begin);
  const bool ended = bookmark.number(0, 1) == 1;
  offset_ = offset;
  index_ = index;
  ended_ = ended;
  given_up_ = false;
  source_.reset();
}

StreamPtr<Line> open_lines(const FilePart& part) {
  return std::make_unique<ReadLines>(part);
}

}  // namespace roux::data
