#include "roux/datasets/token_manifest.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "datasets/own_files.h"
#include "datasets/token_folder.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What a fingerprint is made of belongs to it.
constexpr int kVersion = 2;

// What tokenizers disagree about: spaces, digits, contractions, scripts, composed and other
// characters, code.
constexpr const char* kProbe =
    " Hello  world!\n\n\tdon't WE'LL 1234567 3.14,\r\n caf\u00e9 cafe\u0301 \u4f60\u597d "
    "\u0645\u0631"
    "\u062d\u0628\u0627 \U0001f469\u200d\U0001f52c for (i=0;i<n;++i){}\u00a0\u2581\u2026 "
    "<|endoftext|>";

constexpr const char* kAdvice =
    ": the same `roux data tokenize` with --force makes the tokens again";

// What tells tokenizers apart, in a row.
class Fingerprint {
 public:
  void add(std::string_view text) {
    add(text.size());
    sum_.update(text);
  }
  void add(std::uint64_t number) {
    sum_.update(std::string_view(reinterpret_cast<const char*>(&number), sizeof(number)));
  }
  void add(const std::vector<TokenId>& ids) {
    add(ids.size());
    for (const TokenId id : ids) add(static_cast<std::uint64_t>(id));
  }
  void add(std::optional<TokenId> id) { add(static_cast<std::uint64_t>(id.value_or(-1))); }

  std::uint32_t value() const { return sum_.value(); }

 private:
  Crc32c sum_;
};

}  // namespace

bool is_token_folder(const fs::path& path) {
  return fs::exists(path / kTokenManifest);
}

bool is_unfinished(const fs::path& path) {
  if (!fs::is_directory(path) || is_token_folder(path)) return false;
  bool has_lock = false;
  bool has_tokens = false;
  bool has_others = false;
  for (const auto& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    has_lock |= name == kLockName;
    has_tokens |= is_ours(name) && name.ends_with(".tokens");
    has_others |= !is_ours(name);
  }
  return has_tokens || (has_lock && !has_others);  // which is what the first moments leave
}

TokenManifest read_manifest(const fs::path& folder) {
  const fs::path file = folder / kTokenManifest;
  const auto refuse = [&](const std::string& why) {
    throw DataError(cat(file.string(), " is not what `roux data tokenize` writes: ", why, kAdvice));
  };
  TokenManifest manifest;
  try {
    const Json json = Json::parse(read_file(file));
    if (const int version = json.at("version").get<int>(); version != kVersion) {
      refuse(cat("its version is ", version, ", and ", kVersion, " is what this program reads"));
    }
    manifest.tokenizer = json.at("tokenizer").get<std::string>();
    manifest.tokenizer_name = json.at("tokenizer_name").get<std::string>();
    manifest.field = json.at("field").get<std::string>();
    manifest.add_eos = json.at("add_eos").get<bool>();
    for (const Json& one : json.at("files")) {
      manifest.files.push_back({one.at("name").get<std::string>(),
                                one.at("documents").get<std::int64_t>(),
                                one.at("tokens").get<std::int64_t>()});
      if (const std::string& name = manifest.files.back().name;
          name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
        refuse(cat("it names \"", name, "\", which is no file of the folder"));
      }
    }
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
  return manifest;
}

void write_manifest(const fs::path& folder, const TokenManifest& manifest) {
  Json json{{"version", kVersion},
            {"tokenizer", manifest.tokenizer},
            {"tokenizer_name", manifest.tokenizer_name},
            {"field", manifest.field},
            {"add_eos", manifest.add_eos},
            {"files", Json::array()}};
  for (const auto& file : manifest.files) {
    json["files"].push_back(
        {{"name", file.name}, {"documents", file.documents}, {"tokens", file.tokens}});
  }
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  write_file(folder / kTokenManifest, text + '\n');
}

std::vector<data::TokenFile> open_token_files(const fs::path& folder,
                                              const TokenManifest& manifest) {
  std::vector<data::TokenFile> files;
  for (const auto& file : manifest.files) {
    try {
      files.emplace_back(folder / file.name);
    } catch (const Error& error) {
      throw DataError(cat(error.what(), kAdvice));
    }
    const std::int64_t documents = files.back().num_documents();
    const std::int64_t tokens = files.back().num_tokens();
    if (documents == file.documents && tokens == file.tokens) continue;
    throw DataError(cat((folder / file.name).string(), " holds ", documents, " documents and ",
                        tokens, " tokens, and ", kTokenManifest, " says ", file.documents, " and ",
                        file.tokens, kAdvice));
  }
  return files;
}

std::string fingerprint_of(const Tokenizer& tokenizer) {
  constexpr EncodeOptions kText{.add_special_tokens = false, .parse_special_tokens = false};
  Fingerprint found;
  std::vector<TokenId> ids;
  const auto add_encoded = [&](std::string_view text) {
    ids.clear();
    tokenizer.encode(text, ids, kText);
    found.add(ids);
  };
  std::vector<std::string> texts;
  for (TokenId id = 0; id < tokenizer.size(); ++id) {
    const std::optional<std::string> spelt = tokenizer.token(id);
    found.add(spelt ? *spelt : std::string_view("\0", 1));
    found.add(std::uint64_t{tokenizer.is_special(id)});
    if (!spelt) continue;
    texts.push_back(tokenizer.decode({&id, 1}));
    add_encoded(texts.back());
  }
  // Tokens that are no neighbours as one word: which merges come first shows there. As much of that
  // as takes a moment.
  constexpr std::size_t kTogether = 8;
  constexpr std::size_t kEnough = std::size_t{1} << 16;
  const std::size_t rounds = std::clamp<std::size_t>(kEnough / (texts.size() + 1), 1, 64);
  std::string word;
  for (std::size_t i = 0; i < rounds * texts.size(); ++i) {
    const std::string& text = texts[i * (2 * (i / texts.size()) + 1) % texts.size()];
    const bool first = i % kTogether == 0;
    std::ranges::copy_if(text, std::back_inserter(word),
                         [&](char character) { return first || character != ' '; });
    if (i % kTogether != kTogether - 1) continue;
    add_encoded(word);
    word.clear();
  }
  const SpecialTokens& special = tokenizer.special_tokens();
  for (const auto& id : {special.bos, special.eos, special.pad, special.unk}) found.add(id);
  found.add(tokenizer.encode(kProbe));
  add_encoded(kProbe);
  return cat(tokenizer.size(), " tokens, ", std::hex, found.value());
}

}  // namespace roux::datasets
