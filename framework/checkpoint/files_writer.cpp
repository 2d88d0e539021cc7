#include "checkpoint/files_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/posix.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/units.h"

namespace roux::checkpoint {
namespace {

namespace fs = std::filesystem;

// What is handed to the system at a time. The disk begins with it at once.
constexpr std::uint64_t kWriteBytes = 16 << 20;
static_assert(kWriteBytes % kChunkBytes == 0 && Staging::kBlockBytes % kWriteBytes == 0);

[[noreturn]] void fail(const fs::path& file, int error, std::uint64_t bytes) {
  if (error != ENOSPC && error != EDQUOT) posix::fail("write", file, error);
  std::error_code ignored;
  const auto space = fs::space(file.parent_path(), ignored);
  throw Error(cat(
      "cannot write ", file, ": ", std::generic_category().message(error), ": the file takes ",
      approximate_bytes(bytes),
      ignored ? ""
              : cat(", and there are ", approximate_bytes(space.available), " left on this disk")));
}

// Claims the room before anything is written, so that a full disk is seen at once, and the file
// lies in few pieces. Not posix_fallocate(): where the file system can't, that writes zeros.
void allocate(const posix::Descriptor& file, const fs::path& path, std::uint64_t bytes) {
  if (bytes == 0) return;
  while (::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOSYS) return;
    if (errno != EINTR) fail(path, errno, bytes);
  }
}

// A file that is being written. The disk works on all of them at once, until each is waited for.
class OutputFile {
 public:
  OutputFile(fs::path path, std::uint64_t bytes)
      : path_(std::move(path)), bytes_(bytes), file_(open_new(path_)) {
    if (!file_.is_open()) fail(path_, errno, bytes_);
    allocate(file_, path_, bytes_);
  }

  void write(std::string_view bytes) {
    if (const int error = posix::write_all(file_.get(), bytes)) fail(path_, error, bytes_);
    // So that the disk does not wait until all is handed over. An error is seen by the sync.
    ::sync_file_range(file_.get(), static_cast<off64_t>(done_), static_cast<off64_t>(bytes.size()),
                      SYNC_FILE_RANGE_WRITE);
    done_ += bytes.size();
  }

  void finish() {
    if (const int error = posix::sync(file_.get())) fail(path_, error, bytes_);
    if (const int error = file_.close()) fail(path_, error, bytes_);
  }

 private:
  static posix::Descriptor open_new(const fs::path& path) {
    constexpr mode_t kReadWriteForAll = 0666;
    return posix::open(path, O_WRONLY | O_CREAT | O_EXCL, kReadWriteForAll);
  }

  fs::path path_;
  std::uint64_t bytes_;
  std::uint64_t done_ = 0;
  posix::Descriptor file_;
};

void write(OutputFile& out, Manifest::File& file, std::uint64_t begin, const Staging& staging) {
  file.sums.clear();
  for (std::uint64_t done = 0; done < file.bytes;) {
    const auto piece = staging.piece(begin + done, std::min(kWriteBytes, file.bytes - done));
    for (std::size_t at = 0; at < piece.size(); at += kChunkBytes) {
      const auto size = std::min<std::size_t>(kChunkBytes, piece.size() - at);
      file.sums.push_back(crc32c(piece.subspan(at, size)));
    }
    out.write({reinterpret_cast<const char*>(piece.data()), piece.size()});
    done += piece.size();
  }
}

void write_manifest(const fs::path& path, const Manifest& manifest) {
  const std::string text = manifest_text(manifest);
  OutputFile output(path, text.size());
  output.write(text);
  output.finish();
}

}  // namespace

void write_files(const fs::path& folder, Image& image, const Staging& staging,
                 const std::string& manifest_name) {
  Manifest& manifest = image.manifest();
  std::vector<OutputFile> outputs;
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    auto& file = manifest.files[i];
    write(outputs.emplace_back(folder / file.name, file.bytes), file, image.begin_of(i), staging);
  }
  for (OutputFile& output : outputs) output.finish();
  write_manifest(folder / manifest_name, manifest);
}

void merge_manifests(const fs::path& folder, int ranks) {
  std::vector<Manifest> parts;
  for (int rank = 0; rank < ranks; ++rank) {
    const fs::path path = folder / part_manifest_name(rank);
    parts.push_back(parse_manifest(read_file(path), path, Extent::Part));
  }
  const Manifest manifest = merge(std::move(parts));
  require_complete(manifest);
  write_manifest(folder / kManifestName, manifest);
  for (int rank = 0; rank < ranks; ++rank) fs::remove(folder / part_manifest_name(rank));
}

}  // namespace roux::checkpoint
