#include "datasets/token_folder.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "datasets/own_files.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/data/token_file.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kSuffix = ".tokens";
constexpr std::string_view kNew = "new-";

bool is_numbered(std::string_view name) {
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return name.size() >= 6 && consists_of(name, "0123456789");
}

bool is_new(std::string_view name) {
  return name.starts_with(kNew) && is_numbered(name.substr(kNew.size()));
}

std::string number_name(std::size_t number) {
  const std::string digits = std::to_string(number);
  return cat(std::string(6 - std::min<std::size_t>(digits.size(), 6), '0'), digits, kSuffix);
}

template <typename F>
std::vector<fs::path> files_in(const fs::path& folder, F takes) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (takes(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<TokensFound> look_into(const fs::path& path) {
  try {
    const data::TokenFile file(path);
    auto origin = read_origin(file.description());
    if (!origin) return std::nullopt;
    return TokensFound{path, *std::move(origin), file.num_documents(), file.num_tokens()};
  } catch (const Error&) {  // it is damaged, or is no file
    return std::nullopt;
  }
}

// Of the character at the front, 0 for bytes that are none.
std::size_t utf8_size(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  const std::size_t size = byte < 0x80   ? 1
                           : byte < 0xc2 ? 0
                           : byte < 0xe0 ? 2
                           : byte < 0xf0 ? 3
                                         : 4;
  if (byte > 0xf4 || size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  const unsigned char next = size > 1 ? static_cast<unsigned char>(text[1]) : 0;
  const bool wrong = (byte == 0xe0 && next < 0xa0) || (byte == 0xed && next > 0x9f) ||
                     (byte == 0xf0 && next < 0x90) || (byte == 0xf4 && next > 0x8f);
  return wrong ? 0 : size;
}

// "a, b and 3 more".
std::string few_of(std::vector<std::string> names) {
  constexpr std::size_t kShown = 3;
  const std::size_t more = names.size() - std::min(names.size(), kShown);
  names.resize(names.size() - more);
  return cat(join(names, ", "), more > 0 ? cat(" and ", more, " more") : "");
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
  return json.dump();
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

std::string path_text(const fs::path& path) {
  const std::string& bytes = path.native();
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = utf8_size(std::string_view(bytes).substr(at));
    if (size == 0) {
      char escaped[4];
      std::snprintf(escaped, sizeof(escaped), "\\%02x", static_cast<unsigned char>(bytes[at]));
      text += escaped;
    } else {
      text += bytes[at] == '\\' ? "\\\\" : bytes.substr(at, size);
    }
    at += std::max<std::size_t>(size, 1);
  }
  return text;
}

std::vector<TokensFound> find_token_files(const fs::path& folder) {
  std::vector<TokensFound> found;
  for (const auto takes : {is_numbered, is_new}) {
    for (const fs::path& file : files_in(folder, takes)) {
      if (auto one = look_into(file)) found.push_back(*std::move(one));
    }
  }
  return found;
}

bool is_ours(std::string_view name) {
  return name == kTokenManifest || name == kLockName || is_numbered(name) || is_new(name) ||
         is_temporary(name);
}

void refuse_other_tokens(const fs::path& folder, const TokenManifest& wanted,
                         const std::vector<TokensFound>& found,
                         const std::map<std::string, std::string>& paths) {
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(cat(folder.string(), " must be empty or hold tokens of these sources, but ",
                          what, ": name another folder, or --force overwrites it"));
  };
  const auto compare = [&](const std::string& name, const auto& one) {
    if (one.tokenizer != wanted.tokenizer) {
      refuse(cat(name, " was made with another tokenizer (", one.tokenizer, ", not ",
                 wanted.tokenizer, ")"));
    }
    if (one.field != wanted.field) {
      refuse(cat(name, " was made of the field \"", one.field, "\", not \"", wanted.field, '"'));
    }
    if (one.add_eos != wanted.add_eos) {
      refuse(cat(name, " was made with", one.add_eos ? "" : "out", " ends of texts"));
    }
  };
  std::optional<std::set<std::string>> in_use;
  if (is_token_folder(folder)) {
    in_use.emplace();
    try {
      const TokenManifest manifest = read_manifest(folder);
      compare(kTokenManifest, manifest);
      for (const auto& file : manifest.files) in_use->insert(file.name);
    } catch (const DataError& error) {
      refuse(error.what());
    }
  }
  for (const fs::path& file : files_in(folder, is_numbered)) {
    if (std::ranges::find(found, file, &TokensFound::path) == found.end()) {
      refuse(cat(file.filename().string(), " is no whole file of tokens"));
    }
  }
  std::set<std::string> others;
  for (const TokensFound& one : found) {
    const std::string name = one.path.filename().string();
    if (in_use && !in_use->contains(name)) continue;
    compare(name, one.origin);
    for (const auto& source : one.origin.sources) {
      if (!paths.contains(source.path)) others.insert(source.path);
    }
  }
  if (others.empty()) return;
  refuse(cat("it was made of ", few_of({others.begin(), others.end()}), " too, which ",
             others.size() == 1 ? "is" : "are", " not among them"));
}

fs::path unused_name(const fs::path& folder) {
  fs::path path;
  std::size_t number = 0;
  do {
    path = folder / cat(kNew, number_name(number++));
  } while (fs::exists(fs::symlink_status(path)));
  return path;
}

void take_into_use(const fs::path& folder, const std::vector<fs::path>& files,
                   TokenManifest& manifest) {
  bool in_place = true;
  for (std::size_t i = 0; i < files.size(); ++i) {
    manifest.files[i].name = number_name(i);
    in_place = in_place && files[i] == folder / manifest.files[i].name;
  }
  if (!in_place) {
    fs::remove(folder / kTokenManifest);
    sync_folder(folder);
    std::vector<fs::path> now = files;
    // What has the number of another one makes room first.
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i] == folder / manifest.files[i].name || !is_numbered(now[i].filename().string())) {
        continue;
      }
      const fs::path aside = unused_name(folder);
      fs::rename(now[i], aside);
      now[i] = aside;
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
      const fs::path to = folder / manifest.files[i].name;
      if (now[i] != to) fs::rename(now[i], to);
    }
    sync_folder(folder);
  }
  write_manifest(folder, manifest);

  std::set<std::string> names;
  for (const auto& file : manifest.files) names.insert(file.name);
  for (const fs::path& file :
       files_in(folder, [](std::string_view name) { return is_numbered(name) || is_new(name); })) {
    if (!names.contains(file.filename().string()) && look_into(file)) fs::remove(file);
  }
  for (const fs::path& file : files_in(folder, is_temporary)) fs::remove(file);
}

}  // namespace roux::datasets
