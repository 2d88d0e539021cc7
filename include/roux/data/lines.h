#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "roux/data/byte_source.h"
#include "roux/data/file_part.h"
#include "roux/data/stream.h"

namespace roux::data {

// Where a line stands.
struct LinePlace {
  std::shared_ptr<const LineFile> file;
  std::int64_t offset = 0;  // of its first byte, in the decompressed text
  std::int64_t begin = 0;   // of the part it belongs to
  std::int64_t index = 0;   // in that part, from 0, the lines of other stripes included
  std::int64_t read = 0;    // how much of the file, on the disk, was read up to its end; or more
};

// "FILE:LINE (byte OFFSET)"; "FILE (byte OFFSET)" where counting the lines would take too long. The
// lines are counted when this is called, so lines that nobody asks about cost nothing.
std::string describe(const LinePlace& place);

// Throws DataError: "FILE:LINE (byte OFFSET): WHAT".
[[noreturn]] void fail_at(const LinePlace& place, std::string_view what);

// A line without its end, and valid for as long as one keeps it. `text` has kLinePadding bytes of
// room behind it, which spares whoever parses it a copy.
struct Line {
  std::string text;
  LinePlace where;
};

inline constexpr std::size_t kLinePadding = 64;

struct LineOptions {
  std::int64_t max_line_bytes = std::int64_t{1} << 30;  // a longer one is an error
};

// The lines of a part of a file. They end with \n or \r\n, the last one also with the file; empty
// ones are lines like others. A byte order mark at the start of the file belongs to none.
//
// Errors, each of which counts as an example: a line that is too long, and the one after it is
// next; a file that is damaged or has shrunk (DamagedFile), and that is the end. The file is opened
// with the first line, and opened again after load(), where a compressed one is decompressed up to
// the place.
class ReadLines final : public Stream<Line> {
 public:
  explicit ReadLines(FilePart part, LineOptions options = {});

  std::optional<Line> next() override;
  void rewind(std::int64_t epoch) override;
  void save(Bookmark& bookmark) const override;
  void load(BookmarkReader& bookmark) override;

 private:
  struct Extent {
    std::int64_t bytes = 0;
    bool too_long = false;
  };

  bool compressed() const { return part_.file->compression() != Compression::None; }
  void open();
  void close();
  void drop(std::int64_t count);
  void skip_byte_order_mark();
  void skip_to_line();
  bool fill();
  Extent read_line(std::string* text);
  [[noreturn]] void changed() const;

  FilePart part_;
  LineOptions options_;
  std::int64_t offset_;     // where the next line begins
  std::int64_t index_ = 0;  // its number, in the part
  bool ended_ = false;
  bool given_up_ = false;        // what failed once would fail at every call
  std::int64_t mark_bytes_ = 0;  // of the byte order mark that the next line begins with

  std::unique_ptr<ByteSource> source_;  // opened when it is needed
  std::unique_ptr<char[]> buffer_;
  const char* at_ = nullptr;  // of the buffer, what is still to be read: [at_, end_)
  const char* end_ = nullptr;
};

// For Pipeline::yield_from: read_list(parts).yield_from(open_lines).
StreamPtr<Line> open_lines(const FilePart& part);

}  // namespace roux::data
