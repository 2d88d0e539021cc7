#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "data/token_format.h"
#include "roux/base/atomic_file.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/data/token_file.h"

namespace roux::data {

struct TokenFileWriter::State {
  State(std::filesystem::path path, std::uint32_t bytes)
      : file(std::move(path)), token_bytes(bytes) {
    buffer.assign(kTokenMagic);
    buffer.resize(kPrefixBytes);
  }

  template <typename T>
  void append(const T* values, std::size_t count) {
    buffer.append(reinterpret_cast<const char*>(values), count * sizeof(T));
    constexpr std::size_t kLargeWrite = 4 << 20;
    if (buffer.size() >= kLargeWrite) flush();
  }

  void flush() {
    checksum.update(buffer);
    file.write(buffer);
    buffer.clear();
  }

  AtomicFile file;
  std::uint32_t token_bytes;
  std::string buffer;
  Crc32c checksum;
  std::vector<std::uint64_t> ends;
  std::vector<std::uint32_t> keys;
  std::vector<std::uint16_t> narrow;
};

TokenFileWriter::TokenFileWriter(std::filesystem::path path, std::int32_t max_id)
    : state_(std::make_unique<State>(
          std::move(path), max_id <= std::numeric_limits<std::uint16_t>::max() ? 2 : 4)) {}

TokenFileWriter::~TokenFileWriter() = default;

void TokenFileWriter::add(std::span<const std::int32_t> ids, std::uint32_t key) {
  if (state_->token_bytes == 2) {
    state_->narrow.resize(ids.size());
    std::transform(ids.begin(), ids.end(), state_->narrow.begin(), [](std::int32_t id) {
      require(0 <= id && id <= std::numeric_limits<std::uint16_t>::max(),
              "an id of a token file must be at least 0 and at most its max_id");
      return static_cast<std::uint16_t>(id);
    });
    state_->append(state_->narrow.data(), ids.size());
  } else {
    state_->append(ids.data(), ids.size());
  }
  state_->keys.push_back(key);
  state_->ends.push_back(static_cast<std::uint64_t>(num_tokens()) + ids.size());
}

std::int64_t TokenFileWriter::num_documents() const {
  return std::ssize(state_->ends);
}
std::int64_t TokenFileWriter::num_tokens() const {
  return state_->ends.empty() ? 0 : static_cast<std::int64_t>(state_->ends.back());
}

void TokenFileWriter::finish(std::string_view description) {
  Footer footer = {};
  footer.num_tokens = static_cast<std::uint64_t>(num_tokens());
  footer.num_documents = state_->ends.size();
  footer.description_bytes = description.size();
  footer.token_bytes = state_->token_bytes;
  footer.version = kTokenFormatVersion;
  std::memcpy(footer.magic, kTokenMagic.data(), kTokenMagic.size());

  const std::uint64_t written = kPrefixBytes + footer.num_tokens * footer.token_bytes;
  constexpr char kZeros[8] = {};
  state_->append(kZeros, ends_offset(footer) - written);
  state_->append(state_->ends.data(), state_->ends.size());
  state_->append(state_->keys.data(), state_->keys.size());
  state_->append(description.data(), description.size());
  state_->flush();
  footer.crc32c = state_->checksum.value();
  state_->file.write({reinterpret_cast<const char*>(&footer), sizeof(footer)});
  state_->file.commit();
}

}  // namespace roux::data
