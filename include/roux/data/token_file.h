#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/data/document.h"
#include "roux/data/stream.h"

namespace roux::data {

// The documents of a token file, mapped into memory: any of them at once. Immutable; copies share
// the mapping.
class TokenFile {
 public:
  // Throws DataError for a file that is cut short or none of ours, with what is wrong.
  explicit TokenFile(std::filesystem::path path);

  const std::filesystem::path& path() const;
  std::int64_t num_documents() const;
  std::int64_t num_tokens() const;
  std::int64_t token_bytes() const;  // 2 or 4
  const std::string& description() const;

  // How many tokens document `index` has, and the place of the first in the file's order.
  std::int64_t length(std::int64_t index) const;
  std::int64_t begin(std::int64_t index) const;

  // What its writer told it from others by: the CRC-32C of its text.
  std::uint32_t key(std::int64_t index) const;

  // Throws DataError where the file lies about where the document is.
  void read(std::int64_t index, std::vector<std::int32_t>& ids) const;

  // Reads the whole file and throws DataError if it is not what was written.
  void verify() const;

  // Throws DataError if the file is smaller than it was: what is gone can't be read any more.
  void check_size() const;

  // Begins to bring documents [first, last) into memory, and returns.
  void will_read(std::int64_t first, std::int64_t last) const;

 private:
  struct Mapped;
  std::shared_ptr<const Mapped> mapped_;
};

// Documents [first, last) of a token file, those whose key is taken.
class ReadTokens final : public Stream<Document> {
 public:
  using Takes = std::function<bool(std::uint32_t key)>;

  // Without `takes`, all of them.
  ReadTokens(TokenFile file, std::int64_t first, std::int64_t last, Takes takes = {});

  std::optional<Document> next() override;
  void rewind(std::int64_t epoch) override;
  void save(Bookmark& bookmark) const override;
  void load(BookmarkReader& bookmark) override;

 private:
  TokenFile file_;
  std::int64_t first_;
  std::int64_t last_;
  std::int64_t next_;
  Takes takes_;
};

// Writes a token file, which is there as a whole once finish() returns, and else not at all.
class TokenFileWriter {
 public:
  // Ids up to `max_id` need 2 bytes each, or 4.
  TokenFileWriter(std::filesystem::path path, std::int32_t max_id);
  ~TokenFileWriter();
  TokenFileWriter(const TokenFileWriter&) = delete;
  TokenFileWriter& operator=(const TokenFileWriter&) = delete;

  // Requires: no id is negative or above max_id.
  void add(std::span<const std::int32_t> ids, std::uint32_t key);

  std::int64_t num_documents() const;
  std::int64_t num_tokens() const;

  void finish(std::string_view description);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace roux::data
