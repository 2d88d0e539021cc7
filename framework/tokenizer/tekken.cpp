#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "tokenizer/json_part.h"
#include "tokenizer/tiktoken_parts.h"

namespace roux {
namespace {

// A tekken.json says:
//
//   config:          pattern, default_vocab_size (of all ids), default_num_special_tokens
//   vocab:           [{rank, token_bytes (base64)}, ...], of which the first are used
//   special_tokens:  [{rank, token_str}, ...]; not in the oldest files
//
// Ids begin with the special tokens, those without a name included; ranks are counted behind them.

// What the oldest files leave to their reader, by id.
constexpr std::array<const char*, 20> kOldSpecials{"<unk>",
                                                   "<s>",
                                                   "</s>",
                                                   "[INST]",
                                                   "[/INST]",
                                                   "[AVAILABLE_TOOLS]",
                                                   "[/AVAILABLE_TOOLS]",
                                                   "[TOOL_RESULTS]",
                                                   "[/TOOL_RESULTS]",
                                                   "[TOOL_CALLS]",
                                                   "[IMG]",
                                                   "<pad>",
                                                   "[IMG_BREAK]",
                                                   "[IMG_END]",
                                                   "[PREFIX]",
                                                   "[MIDDLE]",
                                                   "[SUFFIX]",
                                                   "[SYSTEM_PROMPT]",
                                                   "[/SYSTEM_PROMPT]",
                                                   "[TOOL_CONTENT]"};

constexpr std::int64_t kMostTokens = 1 << 24;

std::int64_t number_within(const JsonPart& part, std::int64_t least, std::int64_t most) {
  const std::int64_t number = part.integer();
  if (number < least || number > most) part.must_be(cat("between ", least, " and ", most));
  return number;
}

// The names of the special tokens, by id.
std::vector<std::string> read_specials(const JsonPart& root, std::size_t count) {
  std::vector<std::string> names(count);
  if (const auto list = root.find("special_tokens")) {
    for (const JsonPart& item : list->items()) {
      const auto rank = number_within(item.at("rank"), 0, static_cast<std::int64_t>(count) - 1);
      std::string& name = names[static_cast<std::size_t>(rank)];
      if (!name.empty()) item.at("rank").fail(cat("is ", rank, " once more"));
      name = item.text("token_str");
    }
  } else {
    for (std::size_t id = 0; id < std::min(count, kOldSpecials.size()); ++id) {
      names[id] = kOldSpecials[id];
    }
  }
  for (std::size_t id = 0; id < count; ++id) {
    if (names[id].empty()) names[id] = cat("<SPECIAL_", id, ">");
  }
  return names;
}

std::unique_ptr<Vocabulary> read_ranks(const JsonPart& list, std::int64_t first,
                                       std::int64_t count) {
  auto vocabulary = std::make_unique<Vocabulary>(Vocabulary::Spelling::Plain);
  const std::vector<JsonPart> items = list.items();
  if (static_cast<std::int64_t>(items.size()) < count) {
    list.fail(cat("must hold ", count, " tokens at least, but holds ", items.size()));
  }
  vocabulary->reserve(static_cast<std::size_t>(first + count), items.size() * 8);
  std::string bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const JsonPart& item = items[static_cast<std::size_t>(i)];
    const auto id = static_cast<TokenId>(first + number_within(item.at("rank"), 0, count - 1));
    const JsonPart text = item.at("token_bytes");
    if (!decode_base64(text.text(), bytes)) text.must_be("a token in base64");
    if (vocabulary->has(id)) item.at("rank").fail(cat("is ", id - first, " once more"));
    if (vocabulary->find_text(bytes) != Vocabulary::kNone) text.fail("is a token that came before");
    vocabulary->add(bytes, id);
  }
  return vocabulary;
}

}  // namespace

std::unique_ptr<Tokenizer> load_tekken(const std::filesystem::path& path) {
  const JsonFile file(path);
  const JsonPart& root = file.root();
  const JsonPart config = root.at("config");
  const std::int64_t all = number_within(config.at("default_vocab_size"), 1, kMostTokens);
  const std::int64_t special = number_within(config.at("default_num_special_tokens"), 0, all - 1);

  auto vocabulary = read_ranks(root.at("vocab"), special, all - special);
  expect_all_bytes(*vocabulary, path);
  TiktokenFamily family{.pattern = std::string(config.text("pattern")), .adds_bos = true};
  for (std::string& name : read_specials(root, static_cast<std::size_t>(special))) {
    if (name == "<s>") family.bos = name;
    if (name == "</s>") family.eos = name;
    if (name == "<pad>") family.pad = name;
    const auto id = static_cast<TokenId>(family.special_tokens.size());
    family.special_tokens.emplace_back(std::move(name), id);
  }
  return make_tiktoken(path, std::move(vocabulary), family);
}

}  // namespace roux
