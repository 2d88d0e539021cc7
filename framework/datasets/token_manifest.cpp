#include "roux/datasets/token_manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

// What tokenizers disagree about: spaces, digits, contractions, scripts, composed and other
// characters, code.
constexpr const char* kProbe =
    " Hello  world!\n\n\tdon't WE'LL 1234567 3.14,\r\n caf\u00e9 cafe\u0301 \u4f60\u597d "
    "\u0645\u0631"
    "\u062d\u0628\u0627 \U0001f469\u200d\U0001f52c for (i=0;i<n;++i){}\u00a0\u2581\u2026 "
    "<|endoftext|>";

}  // namespace

bool is_token_folder(const fs::path& path) {
  return fs::exists(path / kTokenManifest);
}

bool is_unfinished(const fs::path& path) {
  if (!fs::is_directory(path) || is_token_folder(path)) return false;
  const fs::directory_iterator all(path);
  return std::any_of(begin(all), end(all), [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".tokens";
  });
}

TokenManifest read_manifest(const fs::path& folder) {
  const fs::path file = folder / kTokenManifest;
  const auto refuse = [&](const std::string& why) {
    throw DataError(cat(file.string(), " is not what `roux data tokenize` writes: ", why));
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

std::string fingerprint_of(const Tokenizer& tokenizer) {
  Crc32c sum;
  for (TokenId id = 0; id < tokenizer.size(); ++id) {
    sum.update(tokenizer.token(id).value_or(""));
    sum.update(std::string_view("\0", 1));
  }
  std::string ids;
  for (const TokenId id : tokenizer.encode(kProbe)) ids += std::to_string(id) + ' ';
  sum.update(ids);
  return cat(tokenizer.size(), " tokens, ", std::hex, sum.value());
}

}  // namespace roux::datasets
