#include "roux/data/token_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/posix.h"
#include "data/token_format.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/data/byte_source.h"

namespace roux::data {
namespace {

namespace fs = std::filesystem;

std::uint64_t file_size(int descriptor, const fs::path& path) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) posix::fail("read", path, errno);
  if (!S_ISREG(status.st_mode))
    throw ConfigError(cat("cannot read ", path, ": it is no plain file"));
  return static_cast<std::uint64_t>(status.st_size);
}

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw DamagedFile(cat(path.string(), " is no whole token file: ", why));
}

// The footer, when all that it says fits the file.
Footer read_footer(const std::byte* bytes, std::uint64_t size, const fs::path& path) {
  if (size < kPrefixBytes + sizeof(Footer)) refuse(path, cat("it has only ", size, " bytes"));
  if (std::memcmp(bytes, kTokenMagic.data(), kTokenMagic.size()) != 0) {
    refuse(path, cat("it does not begin with \"", kTokenMagic, '"'));
  }
  Footer footer;
  std::memcpy(&footer, bytes + size - sizeof(Footer), sizeof(Footer));
  if (std::memcmp(footer.magic, kTokenMagic.data(), kTokenMagic.size()) != 0) {
    refuse(path, cat("it does not end with \"", kTokenMagic, "\", at offset ", size - 8,
                     ", as one that is cut short"));
  }
  if (footer.version != kTokenFormatVersion) {
    refuse(path, cat("its version is ", footer.version, ", and ", kTokenFormatVersion,
                     " is what this program reads"));
  }
  if (footer.token_bytes != 2 && footer.token_bytes != 4) {
    refuse(path, cat("its tokens have ", footer.token_bytes, " bytes, not 2 or 4"));
  }
  // Each first, so that the sum can't overflow.
  const bool fits = footer.num_tokens <= size && footer.num_documents <= size &&
                    footer.description_bytes <= size &&
                    description_offset(footer) + footer.description_bytes + sizeof(Footer) == size;
  if (!fits) {
    refuse(path,
           cat("its ", footer.num_tokens, " tokens, ", footer.num_documents, " documents and ",
               footer.description_bytes, " bytes of description do not make ", size, " bytes"));
  }
  return footer;
}

}  // namespace

struct TokenFile::Mapped {
  explicit Mapped(fs::path file) : path(std::move(file)) {
    descriptor = posix::open(path, O_RDONLY);
    if (!descriptor.is_open()) posix::fail("open", path, errno);
    size = file_size(descriptor.get(), path);
    if (size == 0) refuse(path, "it is empty");
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor.get(), 0);
    if (mapped == MAP_FAILED) posix::fail("map", path, errno);
    bytes = static_cast<const std::byte*>(mapped);
    try {
      footer = read_footer(bytes, size, path);
      ends = reinterpret_cast<const std::uint64_t*>(bytes + ends_offset(footer));
      keys = reinterpret_cast<const std::uint32_t*>(bytes + keys_offset(footer));
      const std::uint64_t last = footer.num_documents == 0 ? 0 : ends[footer.num_documents - 1];
      if (last != footer.num_tokens) {
        refuse(path, cat("its last document ends at token ", last, " of ", footer.num_tokens));
      }
    } catch (...) {
      ::munmap(mapped, size);
      throw;
    }
    description.assign(reinterpret_cast<const char*>(bytes + description_offset(footer)),
                       footer.description_bytes);
  }
  ~Mapped() { ::munmap(const_cast<std::byte*>(bytes), size); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  std::uint64_t begin(std::int64_t index) const {
    require(0 <= index && index < static_cast<std::int64_t>(footer.num_documents),
            "a token file has no document of that index");
    return index == 0 ? 0 : ends[index - 1];
  }
  std::uint64_t end(std::int64_t index) const {
    const std::uint64_t first = begin(index);
    const std::uint64_t last = ends[index];
    if (first <= last && last <= footer.num_tokens) return last;
    refuse(path, cat("document ", index, " is said to go from token ", first, " to ", last,
                     ", at offset ", ends_offset(footer) + static_cast<std::uint64_t>(index) * 8));
  }

  fs::path path;
  posix::Descriptor descriptor;
  std::uint64_t size = 0;
  const std::byte* bytes = nullptr;
  Footer footer = {};
  const std::uint64_t* ends = nullptr;
  const std::uint32_t* keys = nullptr;
  std::string description;
};

TokenFile::TokenFile(fs::path path) : mapped_(std::make_shared<const Mapped>(std::move(path))) {}

const fs::path& TokenFile::path() const {
  return mapped_->path;
}
const std::string& TokenFile::description() const {
  return mapped_->description;
}
std::int64_t TokenFile::token_bytes() const {
  return mapped_->footer.token_bytes;
}
std::int64_t TokenFile::num_documents() const {
  return static_cast<std::int64_t>(mapped_->footer.num_documents);
}
std::int64_t TokenFile::num_tokens() const {
  return static_cast<std::int64_t>(mapped_->footer.num_tokens);
}
std::int64_t TokenFile::begin(std::int64_t index) const {
  return static_cast<std::int64_t>(mapped_->begin(index));
}
std::int64_t TokenFile::length(std::int64_t index) const {
  return static_cast<std::int64_t>(mapped_->end(index) - mapped_->begin(index));
}

std::uint32_t TokenFile::key(std::int64_t index) const {
  mapped_->begin(index);  // which checks the index
  return mapped_->keys[index];
}

void TokenFile::read(std::int64_t index, std::vector<std::int32_t>& ids) const {
  const std::uint64_t first = mapped_->begin(index);
  const auto count = static_cast<std::size_t>(mapped_->end(index) - first);
  const std::byte* from = mapped_->bytes + kPrefixBytes + first * mapped_->footer.token_bytes;
  if (mapped_->footer.token_bytes == 2) {
    const auto* tokens = reinterpret_cast<const std::uint16_t*>(from);
    ids.assign(tokens, tokens + count);
  } else {
    const auto* tokens = reinterpret_cast<const std::int32_t*>(from);
    ids.assign(tokens, tokens + count);
  }
}

void TokenFile::verify() const {
  for (std::int64_t i = 0; i < num_documents(); ++i) length(i);
  const std::uint32_t found = crc32c(std::span(mapped_->bytes, mapped_->size - sizeof(Footer)));
  if (found != mapped_->footer.crc32c) {
    refuse(mapped_->path,
           cat("its checksum is ", found, " and should be ", mapped_->footer.crc32c));
  }
}

void TokenFile::check_size() const {
  const std::uint64_t now = file_size(mapped_->descriptor.get(), mapped_->path);
  if (now < mapped_->size) {
    throw DamagedFile(cat(mapped_->path.string(), " shrank while it was read, from ", mapped_->size,
                          " bytes to ", now));
  }
}

void TokenFile::will_read(std::int64_t first, std::int64_t last) const {
  check_size();
  if (first == last) return;
  constexpr std::uint64_t kPage = 4096;
  const std::uint64_t width = mapped_->footer.token_bytes;
  const std::uint64_t begin = (kPrefixBytes + mapped_->begin(first) * width) / kPage * kPage;
  const std::uint64_t end = kPrefixBytes + mapped_->end(last - 1) * width;
  ::madvise(const_cast<std::byte*>(mapped_->bytes + begin), end - begin, MADV_WILLNEED);
}

ReadTokens::ReadTokens(TokenFile file, std::int64_t first, std::int64_t last, Takes takes)
    : file_(std::move(file)), first_(first), last_(last), next_(first), takes_(std::move(takes)) {
  require(0 <= first && first <= last && last <= file_.num_documents(),
          "a range of documents must lie in the token file");
}

std::optional<Document> ReadTokens::next() {
  if (next_ == first_) file_.will_read(first_, last_);
  while (next_ < last_) {
    const std::int64_t index = next_++;
    if (takes_ && !takes_(file_.key(index))) continue;
    file_.check_size();  // what lies past the end of a file ends the process
    Document document;
    file_.read(index, document.ids);
    return document;
  }
  return std::nullopt;
}

void ReadTokens::rewind(std::int64_t) {
  next_ = first_;
}

void ReadTokens::save(Bookmark& bookmark) const {
  bookmark.name("tokens").number(next_);
}

void ReadTokens::load(BookmarkReader& bookmark) {
  bookmark.name("tokens");
  next_ = bookmark.number(first_, last_);
}

}  // namespace roux::data
