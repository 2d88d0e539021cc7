#include "roux/model/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "hf://";

// An unset variable and an empty one are the same, as for Hugging Face's tools.
std::optional<fs::path> folder_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return {};
  std::string text = value;
  const char* home = std::getenv("HOME");
  if (home != nullptr && (text == "~" || text.starts_with("~/"))) text = home + text.substr(1);
  return text;
}

fs::path default_folder() {
  for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const auto folder = folder_in(variable)) return *folder;
  }
  if (const auto folder = folder_in("HF_HOME")) return *folder / "hub";
  if (const auto folder = folder_in("XDG_CACHE_HOME")) return *folder / "huggingface" / "hub";
  return folder_in("HOME").value_or(".") / ".cache" / "huggingface" / "hub";
}

// Names become parts of paths: none may lead out of the cache.
bool is_plain(std::string_view part) {
  return !part.empty() && part != "." && part != ".." &&
         std::all_of(part.begin(), part.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

bool all_plain(const std::vector<std::string>& parts) {
  return std::all_of(parts.begin(), parts.end(), [](const auto& part) { return is_plain(part); });
}

// For a message: what can't be looked at is left out.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder).string());
    }
  } catch (const fs::filesystem_error&) {
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Whether it begins as `https://` does: an address, and no path.
bool has_scheme(std::string_view text) {
  const auto end = text.find("://");
  return end != std::string_view::npos && end > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-'; });
}

// Of the address of a model's page, what it is called here.
std::string meant(std::string_view text) {
  for (const std::string_view page : {"https://huggingface.co/", "https://hf.co/"}) {
    if (!text.starts_with(page)) continue;
    const auto parts = split(text.substr(page.size()), '/');
    if (parts.size() < 2 || !all_plain({parts[0], parts[1]})) continue;
    return cat(" (did you mean ", kScheme, parts[0], '/', parts[1], "?)");
  }
  return "";
}

}  // namespace

std::string to_string(const HubModel& model) {
  return cat(kScheme, model.repository, model.revision == "main" ? "" : "@",
             model.revision == "main" ? "" : model.revision);
}

std::optional<HubModel> parse_hub_model(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    if (!has_scheme(text)) return {};
    throw ConfigError(
        cat("must be a path, or hf://ORGANISATION/NAME in the local Hugging Face cache ",
            "(nothing is downloaded), but is ", text, meant(text)));
  }
  const auto rest = text.substr(kScheme.size());
  const auto at = rest.find('@');
  HubModel model{std::string(rest.substr(0, at))};
  if (at != std::string_view::npos) model.revision = rest.substr(at + 1);

  const auto parts = split(model.repository, '/');
  if (parts.size() > 2 || !all_plain(parts) || !all_plain(split(model.revision, '/'))) {
    throw ConfigError(
        cat("must be hf://ORGANISATION/NAME or hf://ORGANISATION/NAME@REVISION, but is ", text));
  }
  return model;
}

HubCache::HubCache() : HubCache(default_folder()) {}

HubCache::HubCache(fs::path folder) : folder_(std::move(folder)) {}

fs::path HubCache::folder_of(const HubModel& model) const {
  return folder_ / ("models--" + join(split(model.repository, '/'), "--"));
}

std::optional<fs::path> HubCache::find(const HubModel& model) const {
  constexpr std::uint64_t kLongestCommit = 200;
  const auto folder = folder_of(model);
  std::error_code ignored;
  std::string commit = model.revision;
  if (const auto ref = folder / "refs" / model.revision; fs::is_regular_file(ref, ignored)) {
    commit = trim(read_file(ref, kLongestCommit));
  }
  if (!is_plain(commit)) return {};
  const auto snapshot = folder / "snapshots" / commit;
  return fs::is_directory(snapshot, ignored) ? std::optional(snapshot) : std::nullopt;
}

std::string HubCache::why_not(const HubModel& model) const {
  const auto folder = folder_of(model);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return cat(folder.string(), " is not there");
  const auto revisions = names_in(folder / "refs");
  return cat(folder.string(), " has no revision ", model.revision,
             revisions.empty() ? "" : cat(" (it has ", join(revisions, ", "), ")"));
}

}  // namespace roux
