#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/tokenizer/load.h"
#include "tokenizer/bpe_tokenizer.h"
#include "tokenizer/tiktoken_parts.h"

namespace roux {

bool decode_base64(std::string_view text, std::string& bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const auto kValues = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kDigits.size(); ++i) {
      values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
  }();
  if (text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);

  bytes.clear();
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
    }
  }
  return !bytes.empty();
}

void expect_all_bytes(const Vocabulary& vocabulary, const std::filesystem::path& path) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (vocabulary.find_text({&c, 1}) == Vocabulary::kNone) {
      throw DataError(cat(path.string(), ": the byte ", byte, " has no token"));
    }
  }
}

namespace {

std::unique_ptr<Vocabulary> read_ranks(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const auto largest = static_cast<TokenId>(std::min<std::size_t>(1U << 30, lines * 16 + 65536));
  auto vocabulary = std::make_unique<Vocabulary>(Vocabulary::Spelling::Plain);
  vocabulary->reserve(lines, text.size());

  std::string bytes;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trim(std::string_view(text).substr(begin, end - begin));
    const auto fail = [&](std::string_view what) {
      throw DataError(cat(path.string(), ": the line at byte ", begin, ' ', what));
    };
    if (!line.empty()) {
      const std::size_t space = std::min(line.find(' '), line.size());
      const std::string_view number = line.substr(std::min(space + 1, line.size()));
      TokenId id = -1;
      const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), id);
      if (error != std::errc() || rest != number.data() + number.size() || id < 0 || id > largest) {
        fail(cat("must end with a rank between 0 and ", largest));
      }
      if (!decode_base64(line.substr(0, space), bytes)) fail("must begin with a token in base64");
      if (vocabulary->has(id)) fail(cat("gives the rank ", id, " once more"));
      if (vocabulary->find_text(bytes) != Vocabulary::kNone) fail("has a token that came before");
      vocabulary->add(bytes, id);
    }
    begin = end + 1;
  }
  if (vocabulary->size() == 0) throw DataError(cat(path.string(), ": has no tokens"));
  expect_all_bytes(*vocabulary, path);
  return vocabulary;
}

// Any two tokens whose texts make a third may merge, and its rank says when.
MergeTable merges_of(const Vocabulary& vocabulary) {
  struct Pair {
    TokenId left;
    TokenId right;
    TokenId id;
  };
  std::vector<Pair> pairs;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (!vocabulary.has(id)) continue;
    const std::string_view text = vocabulary.text(id);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const TokenId left = vocabulary.find_text(text.substr(0, cut));
      if (left == Vocabulary::kNone) continue;
      const TokenId right = vocabulary.find_text(text.substr(cut));
      if (right != Vocabulary::kNone) pairs.push_back({left, right, id});
    }
  }
  MergeTable merges(pairs.size());
  for (const Pair& pair : pairs) {
    merges.add(pair.left, pair.right, {static_cast<std::uint32_t>(pair.id), pair.id});
  }
  return merges;
}

using Specials = std::vector<std::pair<std::string, TokenId>>;

// Llama 3's, in the order of its maker; ids follow the ranks.
Specials llama3_specials(TokenId first) {
  constexpr std::size_t kCount = 256;
  std::vector<std::string> names{"<|begin_of_text|>",
                                 "<|end_of_text|>",
                                 "<|reserved_special_token_0|>",
                                 "<|reserved_special_token_1|>",
                                 "<|finetune_right_pad_id|>",
                                 "<|step_id|>",
                                 "<|start_header_id|>",
                                 "<|end_header_id|>",
                                 "<|eom_id|>",
                                 "<|eot_id|>",
                                 "<|python_tag|>",
                                 "<|image|>"};
  for (int reserved = 2; names.size() < kCount; ++reserved) {
    names.push_back(cat("<|reserved_special_token_", reserved, "|>"));
  }
  Specials specials;
  for (std::string& name : names) specials.emplace_back(std::move(name), first++);
  return specials;
}

Specials qwen_specials(TokenId first) {
  Specials specials{
      {"<|endoftext|>", first}, {"<|im_start|>", first + 1}, {"<|im_end|>", first + 2}};
  for (int extra = 0; extra < 205; ++extra) {
    specials.emplace_back(cat("<|extra_", extra, "|>"), first + 3 + extra);
  }
  return specials;
}

}  // namespace

TiktokenFamily tiktoken_family(std::string_view name, TokenId num_ranks) {
  const std::string end = "<|endoftext|>";
  if (name == "llama3") {
    return {.pattern = std::string(split_patterns::kLlama3),
            .special_tokens = llama3_specials(num_ranks),
            .bos = "<|begin_of_text|>",
            .eos = "<|end_of_text|>",
            .pad = "<|finetune_right_pad_id|>",
            .adds_bos = true};
  }
  if (name == "qwen") {
    return {.pattern = std::string(split_patterns::kQwen2),
            .special_tokens = qwen_specials(num_ranks),
            .eos = end,
            .pad = end,
            .composes = true};
  }
  if (name == "gpt2" || name == "r50k_base") {
    return {.pattern = std::string(split_patterns::kTiktokenR50k),
            .special_tokens = {{end, 50256}},
            .eos = end};
  }
  if (name == "cl100k_base") {
    return {.pattern = std::string(split_patterns::kTiktokenCl100k),
            .special_tokens = {{end, 100257},
                               {"<|fim_prefix|>", 100258},
                               {"<|fim_middle|>", 100259},
                               {"<|fim_suffix|>", 100260},
                               {"<|endofprompt|>", 100276}},
            .eos = end};
  }
  if (name == "o200k_base") {
    return {.pattern = std::string(split_patterns::kO200k),
            .special_tokens = {{end, 199999}, {"<|endofprompt|>", 200018}},
            .eos = end};
  }
  throw ConfigError(
      cat("a tiktoken file's family must be llama3, qwen, gpt2, r50k_base, "
          "cl100k_base or o200k_base, but is ",
          name));
}

std::unique_ptr<Tokenizer> make_tiktoken(const std::filesystem::path& path,
                                         std::unique_ptr<Vocabulary> vocabulary,
                                         const TiktokenFamily& family) {
  BpeTokenizerParts parts;
  parts.vocabulary = std::move(vocabulary);
  parts.model = std::make_unique<BpeModel>(*parts.vocabulary, merges_of(*parts.vocabulary),
                                           BpeOptions{.byte_level = true, .ignore_merges = true});
  parts.splitter = make_splitter(family.pattern, PatternSyntax::Tiktoken);
  if (family.composes) parts.normalizer = make_normal_form(NormalForm::Nfc);
  parts.decode_rules.bytes = true;

  for (const auto& [text, id] : family.special_tokens) {
    if (parts.vocabulary->has(id)) {
      throw DataError(
          cat(path.string(), ": the rank ", id, " is that of the family's special token ", text));
    }
    add_token({.text = text, .id = id, .special = true}, parts);
  }
  const auto named = [&](const std::string& name) -> std::optional<TokenId> {
    if (name.empty()) return std::nullopt;
    const auto id = parts.vocabulary->find(name);
    if (!id) throw ConfigError(cat("the token ", name, " must be one of the special tokens"));
    return id;
  };
  parts.special_tokens.bos = named(family.bos);
  parts.special_tokens.eos = named(family.eos);
  parts.special_tokens.pad = named(family.pad);
  if (family.adds_bos && parts.special_tokens.bos) {
    parts.prefix.push_back(*parts.special_tokens.bos);
  }
  return make_bpe_tokenizer(std::move(parts), path.string());
}

std::unique_ptr<Tokenizer> load_tiktoken(const std::filesystem::path& path,
                                         const TiktokenFamily& family) {
  return make_tiktoken(path, read_ranks(path), family);
}

std::unique_ptr<Tokenizer> load_tiktoken(const std::filesystem::path& path,
                                         std::string_view family) {
  auto vocabulary = read_ranks(path);
  const TiktokenFamily known = tiktoken_family(family, vocabulary->size());
  return make_tiktoken(path, std::move(vocabulary), known);
}

}  // namespace roux
