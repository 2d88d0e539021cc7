#include "roux/data/pack.h"

#include <algorithm>
#include <limits>

#include "roux/base/error.h"

namespace roux::data {

Pack::Pack(StreamPtr<Document> from, PackOptions options)
    : from_(std::move(from)),
      options_(options),
      max_seq_len_(options.max_seq_len.value_or(options.max_num_tokens)) {
  require(options.max_num_tokens >= 1, "max_num_tokens must be at least 1");
  require(1 <= max_seq_len_ && max_seq_len_ <= options.max_num_tokens,
          "max_seq_len must be at least 1 and at most max_num_tokens");
  require(options.choice >= 1, "there must be at least one document to choose from");
}

// The tokens that have one after them.
std::int64_t Pack::learnable(std::int64_t document) const {
  const auto all = static_cast<std::int64_t>(from_[document].ids.size()) - 1;
  const bool cut = options_.long_documents == LongDocuments::Truncate;
  return cut ? std::min(all, max_seq_len_) : all;
}

// Reads on until there is one document more to choose from; false at the end.
bool Pack::draw() {
  while (const auto document = from_.draw()) {
    const Document& drawn = from_[*document];
    if (!drawn.learned.empty() && drawn.learned.size() != drawn.ids.size()) {
      const DataError error(cat("a document has ", drawn.ids.size(), " tokens, and says of ",
                                drawn.learned.size(), " whether they are to be learned"));
      from_.take(*document);
      throw error;
    }
    const std::int64_t length = learnable(*document);
    const bool too_long = options_.long_documents == LongDocuments::Drop && length > max_seq_len_;
    if (length >= 1 && !too_long) {
      put(*document, 0);
      return true;
    }
    from_.take(*document);
  }
  return false;
}

void Pack::put(std::int64_t document, std::int64_t begin) {
  by_length_.emplace(std::min(learnable(document) - begin, max_seq_len_), -document);
  by_age_[document] = begin;
}

void Pack::put_all() {
  by_length_.clear();
  by_age_.clear();
  for (const std::int64_t document : from_.numbers()) {
    const auto begun = begun_.find(document);
    put(document, begun == begun_.end() ? 0 : begun->second);
  }
}

// The piece to go next into a batch with `room` left. The oldest document comes first, so that none
// waits for ever; then the longest that fits.
std::optional<Pack::Piece> Pack::choose(std::int64_t room, bool first) {
  if (room == 0) return std::nullopt;
  const std::int64_t choice = options_.fit == PackFit::Best ? options_.choice : 1;
  while (static_cast<std::int64_t>(by_age_.size()) < choice && draw()) {
  }
  if (by_age_.empty()) return std::nullopt;
  std::int64_t document = by_age_.begin()->first;
  if (options_.fit == PackFit::Best && !first) {
    const auto longer =
        by_length_.lower_bound({room + 1, std::numeric_limits<std::int64_t>::min()});
    if (longer == by_length_.begin()) return std::nullopt;
    document = -std::prev(longer)->second;
  }
  const std::int64_t begin = by_age_[document];
  return Piece{document, begin, std::min({learnable(document) - begin, max_seq_len_, room})};
}

void Pack::use(const Piece& piece) {
  const std::int64_t begin = by_age_[piece.document];
  by_length_.erase({std::min(learnable(piece.document) - begin, max_seq_len_), -piece.document});
  by_age_.erase(piece.document);
  const std::int64_t end = piece.begin + piece.length;
  if (end < learnable(piece.document)) put(piece.document, end);
}

std::optional<PackedBatch> Pack::next() {
  std::vector<Piece> pieces;
  std::int64_t room = options_.max_num_tokens;
  try {
    while (const auto piece = choose(room, pieces.empty())) {
      use(*piece);
      pieces.push_back(*piece);
      room -= piece->length;
    }
  } catch (...) {
    put_all();  // the batch is begun anew
    throw;
  }
  if (pieces.empty() || (options_.drop_remainder && by_age_.empty() && room > 0)) {
    return std::nullopt;
  }
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return std::pair(a.document, a.begin) < std::pair(b.document, b.begin);
  });
  return write(pieces);
}

PackedBatch Pack::write(const std::vector<Piece>& pieces) {
  PackedBatch batch(options_.max_num_tokens, *options_.memory);
  std::int64_t* ids = batch.ids().data();
  std::int64_t* targets = batch.targets().data();
  std::int64_t* positions = batch.positions().data();
  std::int64_t at = 0;
  for (const Piece& piece : pieces) {
    const Document& document = from_[piece.document];
    const std::int32_t* from = document.ids.data() + piece.begin;
    for (std::int64_t i = 0; i < piece.length; ++i) {
      ids[at + i] = from[i];
      targets[at + i] = from[i + 1];
      positions[at + i] = i;
    }
    batch.num_targets += piece.length;
    if (!document.learned.empty()) {
      const std::uint8_t* learned = document.learned.data() + piece.begin;
      for (std::int64_t i = 0; i < piece.length; ++i) {
        if (learned[i + 1] != 0) continue;
        targets[at + i] = kIgnoredTarget;
        --batch.num_targets;
      }
    }
    at += piece.length;
    batch.cu_seqlens.push_back(at);

    const std::int64_t end = piece.begin + piece.length;
    if (end < learnable(piece.document)) {
      begun_[piece.document] = end;
    } else {
      begun_.erase(piece.document);
      from_.take(piece.document);
    }
  }
  std::fill(ids + at, ids + batch.length(), options_.pad_id);
  std::fill(targets + at, targets + batch.length(), kIgnoredTarget);
  std::fill(positions + at, positions + batch.length(), 0);
  return batch;
}

void Pack::rewind(std::int64_t epoch) {
  from_.rewind(epoch);
  begun_.clear();
  put_all();
}

void Pack::save(Bookmark& bookmark) const {
  bookmark.name("pack").number(static_cast<std::int64_t>(begun_.size()));
  for (const auto& [document, begun] : begun_) bookmark.number(document).number(begun);
  from_.save(bookmark);
}

void Pack::load(BookmarkReader& bookmark) {
  bookmark.name("pack");
  begun_.clear();
  for (std::int64_t left = bookmark.number(); left > 0; --left) {
    const std::int64_t document = bookmark.number();
    begun_[document] = bookmark.number();
  }
  from_.load(bookmark);
  for (const auto& [document, begun] : begun_) {
    if (!from_.contains(document) || begun < 1 || begun >= learnable(document)) {
      throw DataError("the documents at the place that was saved have changed");
    }
  }
  put_all();
}

}  // namespace roux::data
