#include "tokenizer/special_files.h"

#include <charconv>
#include <string>
#include <unordered_set>
#include <utility>

#include "roux/base/error.h"
#include "tokenizer/json_part.h"

namespace roux {
namespace {

// "bos_token": "<s>", or the same as an object with its flags.
void read_named(const JsonPart& root, std::string_view key, const Vocabulary& vocabulary,
                std::optional<TokenId>& token) {
  if (token) return;
  auto named = root.find(key);
  if (named && named->is_object()) named = named->find("content");
  if (!named || named->text().empty()) return;
  token = vocabulary.find(named->text());
  if (!token) named->must_be("a token of the vocabulary");
}

// "bos_token_id": 1, or a list of which the first counts; -1 is some models' word for none.
void read_numbered(const JsonPart& root, std::string_view key, const Vocabulary& vocabulary,
                   std::optional<TokenId>& token) {
  if (token) return;
  auto number = root.find(key);
  if (number && number->is_array()) {
    const auto items = number->items();
    if (items.empty()) return;
    number = items.front();
  }
  if (!number || number->integer() < 0) return;
  const std::int64_t id = number->integer();
  // A model may have more rows than its tokenizer has tokens: such an id is none of ours.
  if (id < vocabulary.size() && vocabulary.has(static_cast<TokenId>(id))) {
    token = static_cast<TokenId>(id);
  }
}

void read_further_tokens(const JsonPart& list, BpeTokenizerParts& parts) {
  std::unordered_set<std::string_view> known;
  for (const auto* added : {&parts.added, &parts.added_normalized}) {
    for (const AddedToken& token : added->tokens()) known.insert(token.text);
  }
  const std::int64_t largest = 2 * static_cast<std::int64_t>(parts.vocabulary->size()) + 65536;
  std::vector<AddedToken> further;
  simdjson::dom::object object;
  if (list.element().get(object) != simdjson::SUCCESS) list.must_be("an object");
  for (const auto member : object) {
    const JsonPart item = list.at(member.key);
    if (known.contains(item.text("content"))) continue;
    std::int64_t id = -1;
    std::from_chars(member.key.data(), member.key.data() + member.key.size(), id);
    if (id < 0 || id > largest) item.fail(cat("must be named by an id between 0 and ", largest));
    if (item.text("content").empty()) item.at("content").must_be("a text that is not empty");
    further.push_back({.text = std::string(item.text("content")),
                       .id = static_cast<TokenId>(id),
                       .single_word = item.flag("single_word", false),
                       .lstrip = item.flag("lstrip", false),
                       .rstrip = item.flag("rstrip", false),
                       .normalized = item.flag("normalized", true),
                       .special = item.flag("special", false)});
  }
  for (AddedToken& token : further) add_token(std::move(token), parts);
}

}  // namespace

void read_special_files(const std::filesystem::path& folder, BpeTokenizerParts& parts) {
  SpecialTokens& tokens = parts.special_tokens;
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json", "config.json"}) {
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) continue;
    const JsonFile file(path);
    const JsonPart& root = file.root();
    if (const auto list = root.find("added_tokens_decoder")) read_further_tokens(*list, parts);
    const Vocabulary& vocabulary = *parts.vocabulary;
    read_named(root, "bos_token", vocabulary, tokens.bos);
    read_named(root, "eos_token", vocabulary, tokens.eos);
    read_named(root, "pad_token", vocabulary, tokens.pad);
    read_named(root, "unk_token", vocabulary, tokens.unk);
    read_numbered(root, "bos_token_id", vocabulary, tokens.bos);
    read_numbered(root, "eos_token_id", vocabulary, tokens.eos);
    read_numbered(root, "pad_token_id", vocabulary, tokens.pad);
    // Here tokenizer.json says what is added; what is no flag is damaged all the same.
    for (const char* key : {"add_bos_token", "add_eos_token"}) root.flag(key, false);
  }
}

}  // namespace roux
