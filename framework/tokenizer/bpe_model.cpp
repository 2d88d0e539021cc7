#include "tokenizer/bpe_model.h"

#include <algorithm>
#include <string>

#include "tokenizer/merge_word.h"
#include "tokenizer/unicode.h"

namespace roux {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

std::string name_of_byte(unsigned byte) {
  return {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
}

}  // namespace

BpeModel::BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options)
    : vocabulary_(vocabulary), merges_(std::move(merges)), options_(options) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    byte_ids_[byte] = options_.byte_level      ? vocabulary_.find_text({&c, 1})
                      : options_.byte_fallback ? vocabulary_.find_text(name_of_byte(byte))
                                               : Vocabulary::kNone;
  }
}

void BpeModel::allow_cuts_before(std::string_view mark, const std::array<bool, 256>& crosses) {
  // A whole piece may be one token, and an unknown mark could fuse with what is unknown before it.
  if (options_.byte_level || options_.ignore_merges) return;
  if (vocabulary_.find_text(mark) == Vocabulary::kNone) return;
  cut_mark_ = mark;
  crosses_cut_ = crosses;
}

void BpeModel::encode(std::string_view text, std::size_t begin, std::span<const std::size_t> ends,
                      std::vector<TokenId>& ids, WordCache& cache) const {
  for (const std::size_t end : ends) {
    const std::string_view piece = text.substr(begin, end - begin);
    begin = end;
    if (cut_mark_.empty()) {
      encode_word(piece, ids, cache);
    } else {
      encode_in_cuts(piece, ids, cache);
    }
  }
}

void BpeModel::encode_in_cuts(std::string_view piece, std::vector<TokenId>& ids,
                              WordCache& cache) const {
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < piece.size()) {
    at = piece.find(cut_mark_, at + (at == begin ? 1 : 0));
    if (at == std::string_view::npos) break;
    const bool crosses = crosses_cut_[static_cast<unsigned char>(piece[at - 1])];
    if (!crosses) {
      encode_word(piece.substr(begin, at - begin), ids, cache);
      begin = at;
    } else {
      at += cut_mark_.size();
    }
  }
  if (begin < piece.size()) encode_word(piece.substr(begin), ids, cache);
}

void BpeModel::encode_word(std::string_view word, std::vector<TokenId>& ids,
                           WordCache& cache) const {
  if (word.empty() || word.size() > WordCache::kMaxWord) {
    encode_uncached(word, ids);
    return;
  }
  const WordCache::Key key = WordCache::key(word);
  if (const WordCache::Entry* entry = cache.find(key)) {
    ids.insert(ids.end(), entry->ids.data(), entry->ids.data() + entry->count);
    return;
  }
  const std::size_t before = ids.size();
  encode_uncached(word, ids);
  const std::size_t count = ids.size() - before;
  if (count <= WordCache::kMaxIds) cache.put(key, ids.data() + before, count);
}

void BpeModel::encode_uncached(std::string_view word, std::vector<TokenId>& ids) const {
  if (options_.ignore_merges) {
    const TokenId whole = vocabulary_.find_text(word);
    if (whole != Vocabulary::kNone) {
      ids.push_back(whole);
      return;
    }
  }
  const std::size_t before = ids.size();
  begin_word(word, ids);
  merge_word(merges_, ids, before);
}

void BpeModel::begin_word(std::string_view word, std::vector<TokenId>& ids) const {
  int unknown = 0;  // unknown characters that have no token yet
  const auto flush = [&] {
    if (unknown > 0) ids.push_back(options_.unk);
    unknown = 0;
  };
  const auto add_unknown = [&] {
    if (options_.unk == Vocabulary::kNone) return;  // as the reference: left out
    if (!options_.fuse_unk) flush();
    ++unknown;
  };

  for (std::size_t at = 0; at < word.size();) {
    const auto byte = static_cast<unsigned char>(word[at]);
    if (options_.byte_level) {
      ++at;
      if (byte_ids_[byte] == Vocabulary::kNone) {
        add_unknown();
      } else {
        flush();
        ids.push_back(byte_ids_[byte]);
      }
      continue;
    }
    const std::string_view character = word.substr(at, unicode::read(word.data() + at).size);
    at += character.size();
    if (const TokenId id = vocabulary_.find_text(character); id != Vocabulary::kNone) {
      flush();
      ids.push_back(id);
      continue;
    }
    const auto id_of = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
    const bool has_bytes = std::all_of(character.begin(), character.end(),
                                       [&](char c) { return id_of(c) != Vocabulary::kNone; });
    if (has_bytes) {
      for (const char c : character) ids.push_back(id_of(c));
    } else {
      add_unknown();
    }
  }
  flush();
}

}  // namespace roux
