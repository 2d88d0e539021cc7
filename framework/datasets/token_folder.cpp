#include "datasets/token_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "roux/base/error.h"
#include "roux/data/token_file.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// 000000.tokens, 000001.tokens, …
bool is_numbered(std::string_view name) {
  constexpr std::string_view kSuffix = ".tokens";
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return name.size() >= 6 && consists_of(name, "0123456789");
}

// As AtomicFile names them.
bool is_temporary(std::string_view name) {
  constexpr std::string_view kPrefix = ".tmp-";
  return name.starts_with(kPrefix) && name.size() == kPrefix.size() + 16 &&
         consists_of(name.substr(kPrefix.size()), "0123456789abcdef");
}

std::optional<TokenOrigin> origin_of(const fs::path& file) {
  try {
    return read_origin(data::TokenFile(file).description());
  } catch (const DataError&) {
    return std::nullopt;
  }
}

std::vector<fs::path> numbered_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_numbered(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string describe(const TokenOrigin& origin) {
  Json json{{"tokenizer", origin.tokenizer},
            {"field", origin.field},
            {"add_eos", origin.add_eos},
            {"bad", origin.bad},
            {"sources", Json::array()}};
  for (const auto& source : origin.sources) {
    json["sources"].push_back({{"path", source.path},
                               {"size", source.size},
                               {"changed", source.changed},
                               {"begin", source.begin},
                               {"end", source.end}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // a path may be any bytes
}

std::optional<TokenOrigin> read_origin(const std::string& description) {
  try {
    const Json json = Json::parse(description);
    TokenOrigin origin{json.at("tokenizer").get<std::string>(),
                       json.at("field").get<std::string>(),
                       json.at("add_eos").get<bool>(),
                       {},
                       json.at("bad").get<std::int64_t>()};
    for (const Json& source : json.at("sources")) {
      origin.sources.push_back(
          {source.at("path").get<std::string>(), source.at("size").get<std::int64_t>(),
           source.at("changed").get<std::int64_t>(), source.at("begin").get<std::int64_t>(),
           source.at("end").get<std::int64_t>()});
    }
    return origin;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void refuse_other_tokens(const fs::path& folder, const TokenManifest& wanted,
                         const std::set<std::string>& paths) {
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(cat(folder.string(), " must be empty or hold tokens of these sources, but ",
                          what, ": name another folder, or --force overwrites it"));
  };
  const auto compare = [&](const std::string& name, const auto& found) {
    if (found.tokenizer != wanted.tokenizer) {
      refuse(cat(name, " was made with another tokenizer (", found.tokenizer, ", not ",
                 wanted.tokenizer, ")"));
    }
    if (found.field != wanted.field) {
      refuse(cat(name, " was made of the field \"", found.field, "\", not \"", wanted.field, '"'));
    }
    if (found.add_eos != wanted.add_eos) {
      refuse(cat(name, " was made with", found.add_eos ? "" : "out", " ends of texts"));
    }
  };
  if (is_token_folder(folder)) {
    TokenManifest found;
    try {
      found = read_manifest(folder);
    } catch (const DataError& error) {
      refuse(error.what());
    }
    compare(kTokenManifest, found);
  }
  std::string other;
  bool has_ours = false;
  for (const fs::path& file : numbered_files(folder)) {
    const std::string name = file.filename().string();
    const auto origin = origin_of(file);
    if (!origin) {
      refuse(cat(name, " is no whole file of tokens"));
      continue;
    }
    compare(name, *origin);
    for (const auto& source : origin->sources) {
      if (paths.contains(source.path)) has_ours = true;
      if (other.empty()) other = cat(name, " was made of ", source.path);
    }
  }
  if (!has_ours && !other.empty()) refuse(other);
}

void remove_leftovers(const fs::path& folder, const TokenManifest& manifest) {
  std::set<std::string> names;
  for (const auto& file : manifest.files) names.insert(file.name);
  for (const fs::path& file : numbered_files(folder)) {
    if (!names.contains(file.filename().string()) && origin_of(file)) fs::remove(file);
  }
  std::vector<fs::path> temporary;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_temporary(entry.path().filename().string())) temporary.push_back(entry.path());
  }
  for (const fs::path& file : temporary) fs::remove(file);
}

}  // namespace roux::datasets
