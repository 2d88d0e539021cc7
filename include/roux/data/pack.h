#pragma once

#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "roux/data/document.h"
#include "roux/data/kept.h"
#include "roux/data/packed_batch.h"
#include "roux/data/stream.h"

namespace roux::data {

enum class PackFit {
  InOrder,  // one after the other; what doesn't fit goes on in the next batch: nothing is wasted
  Best,     // whole, each in a batch with room for it; what is left over is padded
};

// What becomes of a document with more than `max_seq_len` tokens to learn from.
enum class LongDocuments {
  Split,     // pieces of max_seq_len, each a document of its own
  Truncate,  // its first piece
  Drop,
};

struct PackOptions {
  std::int64_t max_num_tokens = 0;          // of a batch
  std::optional<std::int64_t> max_seq_len;  // of a document in it; unset: max_num_tokens
  PackFit fit = PackFit::InOrder;
  LongDocuments long_documents = LongDocuments::Split;

  // Best: how many documents there are to choose from. 256 waste well under 1 % where a batch
  // holds several documents of the usual lengths.
  std::int64_t choice = 256;

  std::int32_t pad_id = 0;
  bool drop_remainder = false;  // leave out a last batch that is not full

  // Where batches lie: pinned memory, for one. Must outlive them.
  std::pmr::memory_resource* memory = std::pmr::new_delete_resource();
};

// Documents into batches of exactly max_num_tokens. A document of one token has nothing to learn
// from and is left out.
class Pack final : public Stream<PackedBatch> {
 public:
  Pack(StreamPtr<Document> from, PackOptions options);

  std::optional<PackedBatch> next() override;
  void rewind(std::int64_t epoch) override;
  void save(Bookmark& bookmark) const override;
  void load(BookmarkReader& bookmark) override;

 private:
  struct Piece {
    std::int64_t document;
    std::int64_t begin;
    std::int64_t length;
  };

  bool draw();
  void put(std::int64_t document, std::int64_t begin);
  void put_all();
  std::int64_t learnable(std::int64_t document) const;
  std::optional<Piece> choose(std::int64_t room, bool first);
  void use(const Piece& piece);
  PackedBatch write(const std::vector<Piece>& pieces);

  Kept<Document> from_;
  PackOptions options_;
  std::int64_t max_seq_len_;

  // How much of a kept document lies in batches that were given.
  std::map<std::int64_t, std::int64_t> begun_;

  // What a batch may take: the next piece of each document, by its length (at most max_seq_len)
  // and then by age.
  std::set<std::pair<std::int64_t, std::int64_t>> by_length_;
  std::map<std::int64_t, std::int64_t> by_age_;  // document -> where its next piece begins
};

}  // namespace roux::data
