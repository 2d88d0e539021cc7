#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "roux/base/error.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/json_components.h"
#include "tokenizer/json_part.h"

namespace roux {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // "▁"

// Ids lie close together; one that doesn't would make a table as large as itself.
TokenId largest_id(std::size_t tokens) {
  constexpr std::size_t kMost = 1U << 30;
  return static_cast<TokenId>(std::min(kMost, tokens * 16 + (1U << 16)));
}

TokenId read_id(const JsonPart& part, TokenId largest) {
  const std::int64_t id = part.integer();
  if (id < 0 || id > largest) part.must_be(cat("between 0 and ", largest));
  return static_cast<TokenId>(id);
}

std::unique_ptr<Vocabulary> read_vocabulary(const JsonPart& part, Vocabulary::Spelling spelling) {
  simdjson::dom::object object;
  if (part.element().get(object) != simdjson::SUCCESS) part.must_be("an object");
  std::size_t bytes = 0;
  std::size_t tokens = 0;
  for (const auto member : object) {
    bytes += member.key.size();
    ++tokens;
  }
  auto vocabulary = std::make_unique<Vocabulary>(spelling);
  vocabulary->reserve(tokens, bytes);
  const TokenId largest = largest_id(tokens);
  for (const auto member : object) {
    std::int64_t id = 0;
    if (member.value.get(id) != simdjson::SUCCESS || id < 0 || id > largest) {
      part.fail(cat("has the token \"", member.key, "\", whose id must be between 0 and ", largest,
                    ", but is ", simdjson::to_string(member.value)));
    }
    if (vocabulary->has(static_cast<TokenId>(id))) {
      part.fail(cat("gives the id ", id, " to two tokens, of which one is \"", member.key, '"'));
    }
    vocabulary->add(member.key, static_cast<TokenId>(id));
  }
  return vocabulary;
}

// One merge as two texts: "a b", or ["a", "b"] where a token may hold a space.
bool split_merge(simdjson::dom::element element, std::string_view& left, std::string_view& right) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
      return false;
    }
    left = text.substr(0, space);
    right = text.substr(space + 1);
    return true;
  }
  simdjson::dom::array pair;
  if (element.get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
  return pair.at(0).get(left) == simdjson::SUCCESS && pair.at(1).get(right) == simdjson::SUCCESS;
}

struct Merges {
  MergeTable table;
  std::array<bool, 256> cross_mark{};  // see BpeModel::allow_cuts_before
};

// Merges are three look-ups each, and a family may have 280,000 of them: no text is made twice.
class MergeReader {
 public:
  MergeReader(const JsonPart& part, const Vocabulary& vocabulary, Vocabulary::Spelling spelling)
      : part_(part),
        vocabulary_(vocabulary),
        byte_level_(spelling == Vocabulary::Spelling::ByteLevel) {}

  Merges read() {
    simdjson::dom::array array;
    if (part_.element().get(array) != simdjson::SUCCESS) part_.must_be("a list");
    std::size_t count = 0;  // size() stops counting at 2^24
    for (auto it = array.begin(); it != array.end(); ++it) ++count;
    Merges merges{MergeTable(count)};
    std::uint32_t rank = 0;
    for (const simdjson::dom::element element : array) {
      std::string_view left;
      std::string_view right;
      if (!split_merge(element, left, right)) {
        part_.fail(cat("has at ", rank,
                       " what must be two tokens with a space between, or a list "
                       "of two, but is ",
                       simdjson::to_string(element)));
      }
      add(left, right, rank++, merges);
    }
    return merges;
  }

 private:
  void add(std::string_view left, std::string_view right, std::uint32_t rank, Merges& merges) {
    TokenId ids[3];
    if (!byte_level_) {
      joined_.assign(left);
      joined_ += right;
      ids[0] = vocabulary_.find_text(left);
      ids[1] = vocabulary_.find_text(right);
      ids[2] = vocabulary_.find_text(joined_);
      if (right.starts_with(kSpaceMark) && !left.empty()) {
        merges.cross_mark[static_cast<unsigned char>(left.back())] = true;
      }
    } else if (unspell_bytes(left, left_) && unspell_bytes(right, right_)) {
      ids[0] = vocabulary_.find_text(left_);
      ids[1] = vocabulary_.find_text(right_);
      left_ += right_;
      ids[2] = vocabulary_.find_text(left_);
    } else {
      joined_.assign(left);
      joined_ += right;
      ids[0] = vocabulary_.find(left).value_or(Vocabulary::kNone);
      ids[1] = vocabulary_.find(right).value_or(Vocabulary::kNone);
      ids[2] = vocabulary_.find(joined_).value_or(Vocabulary::kNone);
    }
    for (int i = 0; i < 3; ++i) {
      if (ids[i] != Vocabulary::kNone) continue;
      const std::string missing = i == 0   ? std::string(left)
                                  : i == 1 ? std::string(right)
                                           : cat(left, right);
      part_.fail(cat("has at ", rank, " a merge of \"", left, "\" and \"", right, "\", but \"",
                     missing, "\" is no token"));
    }
    merges.table.add(ids[0], ids[1], {rank, ids[2]});
  }

  const JsonPart& part_;
  const Vocabulary& vocabulary_;
  bool byte_level_;
  std::string left_;
  std::string right_;
  std::string joined_;
};

void refuse_if_not_empty(const JsonPart& model, std::string_view key) {
  const auto part = model.find(key);
  if (part && (!part->is_text() || !part->text().empty())) {
    part->fail("is not supported: word pieces are marked in no other way than by a space");
  }
}

void read_model(const JsonPart& model, Vocabulary::Spelling spelling, BpeTokenizerParts& parts) {
  // Files of old versions don't name the type; BPE is the only one with merges.
  const auto type = model.find("type");
  if (type ? type->text() != "BPE" : !model.find("merges")) {
    model.fail(cat("has the type ", type ? cat('"', type->text(), '"') : "that has no merges",
                   ", which is not supported; known is BPE (Unigram: load the SentencePiece model "
                   "that it was made from)"));
  }
  model.allow_only({"type", "dropout", "unk_token", "continuing_subword_prefix",
                    "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
                    "merges"});
  refuse_if_not_empty(model, "continuing_subword_prefix");
  refuse_if_not_empty(model, "end_of_word_suffix");
  double dropout = 0;
  if (const auto part = model.find("dropout");
      part && (part->element().get(dropout) != simdjson::SUCCESS || dropout != 0)) {
    part->must_be("0 or null, since a text must have the same ids each time");
  }

  parts.vocabulary = read_vocabulary(model.at("vocab"), spelling);
  BpeOptions options{.byte_level = spelling == Vocabulary::Spelling::ByteLevel,
                     .byte_fallback = model.flag("byte_fallback", false),
                     .fuse_unk = model.flag("fuse_unk", false),
                     .ignore_merges = model.flag("ignore_merges", false)};
  if (const auto unk = model.find("unk_token")) {
    const auto id = parts.vocabulary->find(unk->text());
    if (!id) unk->must_be("a token of the vocabulary");
    options.unk = *id;
    parts.special_tokens.unk = *id;
  }
  const JsonPart list = model.at("merges");
  Merges merges = MergeReader(list, *parts.vocabulary, spelling).read();
  parts.model = std::make_unique<BpeModel>(*parts.vocabulary, std::move(merges.table), options);
  parts.model->allow_cuts_before(kSpaceMark, merges.cross_mark);
}

void read_added_tokens(const JsonPart& list, BpeTokenizerParts& parts) {
  const auto items = list.items();
  const TokenId largest =
      largest_id(static_cast<std::size_t>(parts.vocabulary->size()) + items.size());
  // As in the reference, whose ids models have been trained with: a token that the model has keeps
  // its id, and the others are counted on from there whatever the file says. Only where that would
  // be another token's id, as the vocabulary has gaps, the file is believed.
  TokenId next = 0;
  for (TokenId id = 0; id < parts.vocabulary->size(); ++id) next += parts.vocabulary->has(id);
  const auto id_of = [&](std::string_view text, TokenId said) {
    const TokenId counted = parts.vocabulary->has(next) ? said : next;
    const TokenId id = parts.vocabulary->find(text).value_or(counted);
    next = std::max(next, id + 1);
    return id;
  };
  for (const JsonPart& item : items) {
    item.allow_only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    AddedToken token{.text = std::string(item.text("content")),
                     .id = read_id(item.at("id"), largest),
                     .single_word = item.flag("single_word", false),
                     .lstrip = item.flag("lstrip", false),
                     .rstrip = item.flag("rstrip", false),
                     .normalized = item.flag("normalized", true),
                     .special = item.flag("special", false)};
    token.id = id_of(token.text, token.id);
    if (token.text.empty()) item.at("content").must_be("a text that is not empty");
    add_token(std::move(token), parts);
  }
}

}  // namespace

BpeTokenizerParts read_tokenizer_json(const std::filesystem::path& path) {
  const JsonFile file(path);
  const JsonPart& root = file.root();
  // How texts are cut to a length and padded is the batch's business, here as in transformers.
  root.allow_only({"version", "truncation", "padding", "added_tokens", "normalizer",
                   "pre_tokenizer", "post_processor", "decoder", "model"});
  BpeTokenizerParts parts;
  if (const auto part = root.find("normalizer")) parts.normalizer = read_normalizer(*part);

  PreTokenizerParts pre_tokenizer;
  if (const auto part = root.find("pre_tokenizer")) pre_tokenizer = read_pre_tokenizer(*part);
  parts.steps = std::move(pre_tokenizer.steps);
  parts.splitter = std::move(pre_tokenizer.splitter);
  const auto spelling =
      pre_tokenizer.byte_level ? Vocabulary::Spelling::ByteLevel : Vocabulary::Spelling::Plain;

  read_model(root.at("model"), spelling, parts);
  if (const auto part = root.find("added_tokens")) read_added_tokens(*part, parts);
  if (const auto part = root.find("post_processor")) {
    PostProcessorParts around = read_post_processor(*part);
    for (const auto* ids : {&around.prefix, &around.suffix}) {
      for (const TokenId id : *ids) {
        if (!parts.vocabulary->has(id)) part->fail(cat("adds the id ", id, ", which no token has"));
      }
    }
    parts.prefix = std::move(around.prefix);
    parts.suffix = std::move(around.suffix);
  }

  parts.decode_rules.separator = " ";
  if (const auto part = root.find("decoder")) {
    DecodeRules rules = read_decoder(*part);
    if (rules.bytes && !pre_tokenizer.byte_level) {
      part->fail("is ByteLevel, which is not supported unless the pre_tokenizer is too");
    }
    rules.instead = std::move(parts.decode_rules.instead);
    parts.decode_rules = std::move(rules);
  }
  return parts;
}

}  // namespace roux
