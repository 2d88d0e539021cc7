#include <zlib.h>

#include <algorithm>
#include <limits>

#include "data/byte_sources.h"

namespace roux::data {
namespace {

// zlib counts in 32 bits.
unsigned int count_of(std::size_t size) {
  return static_cast<unsigned int>(
      std::min<std::size_t>(size, std::numeric_limits<unsigned int>::max()));
}

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(const std::filesystem::path& path) : packed_(path) {
    constexpr int kGzipOfAnyWindow = 16 + MAX_WBITS;
    if (inflateInit2(&zlib_, kGzipOfAnyWindow) != Z_OK) throw Error("zlib gets no memory");
  }
  ~GzipSource() override { inflateEnd(&zlib_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<char> into) override {
    for (;;) {
      if (!packed_.fill()) {
        if (in_member_) packed_.fail("ends in the midst of its gzip data");
        return 0;
      }
      if (!in_member_ && !begin_member()) continue;
      if (const std::size_t count = inflate_into(into)) return count;
    }
  }

  std::int64_t file_bytes() const override { return packed_.taken(); }

 private:
  // Behind a member may come another one, or the zeros that tapes are filled up with.
  bool begin_member() {
    if (padded_ || (members_ > 0 && packed_.left().front() == 0)) {
      padded_ = true;
      const auto left = packed_.left();
      const auto end = std::find_if(left.begin(), left.end(), [](char byte) { return byte != 0; });
      packed_.take(static_cast<std::size_t>(end - left.begin()));
      if (end != left.end()) packed_.fail("goes on with what is no gzip data");
      return false;
    }
    inflateReset(&zlib_);
    in_member_ = true;
    ++members_;
    return true;
  }

  std::size_t inflate_into(std::span<char> into) {
    const auto left = packed_.left();
    // zlib only reads it; its type is older than const.
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left.data()));
    zlib_.avail_in = count_of(left.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(into.data());
    zlib_.avail_out = count_of(into.size());
    const unsigned int offered = zlib_.avail_in;
    const unsigned int room = zlib_.avail_out;
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    packed_.take(offered - zlib_.avail_in);
    if (result == Z_MEM_ERROR) throw Error("zlib gets no memory");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      packed_.fail(cat(members_ > 1 ? "goes on with damaged gzip data" : "holds damaged gzip data",
                       " (", zlib_.msg != nullptr ? zlib_.msg : "a preset dictionary", ")"));
    }
    in_member_ = result != Z_STREAM_END;
    return room - zlib_.avail_out;
  }

  PackedBytes packed_;
  z_stream zlib_{};
  std::int64_t members_ = 0;  // begun
  bool in_member_ = false;
  bool padded_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_gzip(const std::filesystem::path& path) {
  return std::make_unique<GzipSource>(path);
}

}  // namespace roux::data
