#include <zstd.h>

#include "data/byte_sources.h"

namespace roux::data {
namespace {

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(const std::filesystem::path& path) : packed_(path), zstd_(ZSTD_createDCtx()) {
    if (!zstd_) throw Error("zstd gets no memory");
    // What `zstd --long=31 --ultra` writes: some big corpora come so.
    ZSTD_DCtx_setParameter(zstd_.get(), ZSTD_d_windowLogMax, kLargestWindow);
  }

  std::size_t read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      // Where a frame has more to give than there was room for, it gives that without more input.
      const bool more = packed_.fill();
      if (!more && !in_frame_) return 0;
      ZSTD_inBuffer in{packed_.left().data(), packed_.left().size(), 0};
      const std::size_t result = ZSTD_decompressStream(zstd_.get(), &out, &in);
      packed_.take(in.pos);
      if (ZSTD_isError(result)) {
        packed_.fail(cat("holds damaged zstd data (", ZSTD_getErrorName(result), ")"));
      }
      in_frame_ = result != 0;
      if (!more && in_frame_ && out.pos == 0) packed_.fail("ends in the midst of its zstd data");
    }
    return out.pos;
  }

  std::int64_t file_bytes() const override { return packed_.taken(); }

 private:
  static constexpr int kLargestWindow = sizeof(void*) == 4 ? 30 : 31;

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  PackedBytes packed_;
  std::unique_ptr<ZSTD_DCtx, Free> zstd_;
  bool in_frame_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_zstd(const std::filesystem::path& path) {
  return std::make_unique<ZstdSource>(path);
}

}  // namespace roux::data
