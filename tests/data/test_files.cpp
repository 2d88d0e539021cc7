#include "data/test_files.h"

#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "roux/base/error.h"

namespace roux::data {

std::string gzip(std::string_view text) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&zlib, text.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<unsigned int>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<unsigned int>(packed.size());
  require(deflate(&zlib, Z_FINISH) == Z_STREAM_END, "the text was not packed");
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

std::string zstd(std::string_view text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size());
  require(!ZSTD_isError(size), "the text was not packed");
  packed.resize(size);
  ZSTD_freeCCtx(context);
  return packed;
}

void put_file(const std::filesystem::path& path, std::string_view bytes) {
  // A file that is written anew, in place, goes to the disk when it is closed.
  std::filesystem::remove(path);
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  require(static_cast<bool>(file.flush()), "a file of the test was not written");
}

}  // namespace roux::data
