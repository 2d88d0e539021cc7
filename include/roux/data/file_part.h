#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "roux/data/byte_source.h"

namespace roux::data {

// A file of lines: what was seen of it when it was first opened, and how many lines precede a place
// in it. Any thread may call any member.
class LineFile {
 public:
  // Throws Error where it can't be read, ConfigError where it is no file.
  explicit LineFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  Compression compression() const { return compression_; }
  std::int64_t size() const { return stamp_.size; }        // on the disk
  std::int64_t changed() const { return stamp_.changed; }  // when: nanoseconds since 1970

  // Throws DamagedFile if it is another file now, or was written to, since it was first opened.
  void check_unchanged() const;

  // How many line ends the first `offset` bytes hold, of a plain file. The file is read from the
  // last place that was asked for before this one, and nullopt is the answer where that is too far
  // for an answer in seconds, or the file can't be read.
  std::optional<std::int64_t> line_ends_before(std::int64_t offset) const;

 private:
  // What tells a file from one that has taken its place.
  struct Stamp {
    std::int64_t size = 0;
    std::int64_t changed = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp_now() const;

  std::filesystem::path path_;
  Compression compression_ = Compression::None;
  Stamp stamp_;
  mutable std::mutex mutex_;
  mutable std::map<std::int64_t, std::int64_t> counted_{{0, 0}};  // offset: line ends before it
};

// Some of a file's lines: of a plain file those that begin at a byte in [begin, end), of any file
// those whose number, from 0, leaves `stripe` when it is divided by `stripes`.
struct FilePart {
  std::shared_ptr<const LineFile> file;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t stripe = 0;
  std::int64_t stripes = 1;
};

// The whole of a file.
FilePart whole_file(std::filesystem::path path);

struct CutOptions {
  // A plain file is cut into equal parts of about so many bytes.
  std::int64_t part_bytes = std::int64_t{64} << 20;

  // A compressed file can't be entered in the middle. It is dealt out by lines to so many parts,
  // each of which decompresses all of it.
  std::int64_t stripes = 1;
};

// All lines of `files`, each in one part, in the order of the files. A file without a byte has no
// part. Throws what LineFile throws, and DataError where no file has a byte.
std::vector<FilePart> cut_files(std::span<const std::filesystem::path> files,
                                const CutOptions& options = {});

}  // namespace roux::data
