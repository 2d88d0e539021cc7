#include "roux/data/files.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

#include "data/glob.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::data {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) {
  return path.string();
}

// What a name leads to. Throws Error where it is there and can't be asked, or leads nowhere.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::not_found && fs::is_symlink(fs::symlink_status(path, error))) {
    throw Error(cat(shown(path), " is a link to ", shown(fs::read_symlink(path, error)),
                    ", which is not there"));
  }
  if (type == fs::file_type::none) throw Error(cat("cannot read ", path, ": ", error.message()));
  return type;
}

// Sorted, so that messages are the same everywhere too.
std::vector<std::string> names_in(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) throw Error(cat("cannot read the folder ", folder, ": ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

// A name as the pattern that means it alone.
std::string escaped(std::string_view name) {
  std::string pattern;
  for (const char character : name) {
    if (std::string_view("*?[]{}\\").find(character) != std::string_view::npos) pattern += '\\';
    pattern += character;
  }
  return pattern;
}

// "a, b, c and 12 more"; "nothing".
std::string few_of(std::vector<std::string> names) {
  constexpr std::size_t kShown = 8;
  if (names.empty()) return "nothing";
  const std::size_t more = names.size() - std::min(names.size(), kShown);
  names.resize(names.size() - more);
  return cat(join(names, ", "), more > 0 ? cat(" and ", more, " more") : "");
}

[[noreturn]] void fail_as_missing(const fs::path& path) {
  fs::path folder = path;
  fs::path missing;
  while (true) {  // up to the folder that is there
    missing = std::exchange(folder, folder.parent_path());
    if (folder.empty() || folder == missing || fs::is_directory(folder)) break;
  }
  if (folder.empty()) folder = ".";
  const std::vector<std::string> names = names_in(folder);
  throw ConfigError(cat("there is no ", shown(path),
                        did_you_mean(missing.filename().string(), names), "; ", shown(folder),
                        " holds ", few_of(names)));
}

// Of names that may be anything: what leads nowhere, or can't be asked, is no folder.
bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

using Visit = std::function<void(const fs::path&)>;

// A folder and all below it, hidden ones left out. A link that leads back up ends there.
void visit_folders(const fs::path& folder, std::set<fs::path>& above, const Visit& visit) {
  const fs::path real = fs::canonical(folder);
  if (!above.insert(real).second) return;
  visit(folder);
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with('.') && is_folder(folder / name)) {
      visit_folders(folder / name, above, visit);
    }
  }
  above.erase(real);
}

void visit_folders(const fs::path& folder, const Visit& visit) {
  std::set<fs::path> above;
  visit_folders(folder, above, visit);
}

// Looks for what a pattern without braces means.
class Search {
 public:
  Search(std::string pattern, std::span<const std::string_view> suffixes)
      : pattern_(std::move(pattern)), suffixes_(suffixes) {
    for (std::string& part : split(pattern_, '/')) {
      if (!part.empty()) parts_.push_back(std::move(part));
    }
    // A ** at the end means the files in the folders, not the folders.
    if (!parts_.empty() && parts_.back() == kAnyFolders) parts_.emplace_back("*");
  }

  static constexpr std::string_view kAnyFolders = "**";

  // Of a pattern it may be nothing; note() tells what else was seen then.
  std::vector<fs::path> run() {
    const auto glob = std::find_if(parts_.begin(), parts_.end(),
                                   [](const std::string& part) { return is_glob(part); });
    if (glob == parts_.end()) {
      const fs::path path = plain_name(pattern_);
      take_named(path);
    } else {
      fs::path folder = pattern_.starts_with('/') ? "/" : "";
      for (auto part = parts_.begin(); part != glob; ++part) folder /= plain_name(*part);
      if (folder.empty()) folder = ".";
      if (type_of(folder) != fs::file_type::directory) fail_as_missing(folder);
      match(folder, static_cast<std::size_t>(glob - parts_.begin()));
      note_ = !folders_.empty() ? cat("what matches it are folders, such as ",
                                      shown(folders_.front()), ", and not the files in them")
                                : cat(shown(folder), " holds ", few_of(names_in(folder)));
    }
    return std::move(found_);
  }

  const std::string& note() const { return note_; }

 private:
  void take_named(const fs::path& path) {
    const fs::file_type type = type_of(path);
    if (type == fs::file_type::not_found) fail_as_missing(path);
    if (type == fs::file_type::regular) {
      found_.push_back(path);
      return;
    }
    if (type != fs::file_type::directory) {
      throw ConfigError(cat(shown(path), " must be a file or a folder, but is neither"));
    }
    visit_folders(path, [this](const fs::path& folder) {
      for (const std::string& name : names_in(folder)) {
        if (name.starts_with('.') || !has_suffix(name)) continue;
        if (type_of(folder / name) == fs::file_type::regular) found_.push_back(folder / name);
      }
    });
    if (found_.empty()) {
      throw ConfigError(cat("no file in ", shown(path), " or below it ends in ", suffixes(), "; ",
                            shown(path), " holds ", few_of(names_in(path))));
    }
  }

  // What the parts from `at` on mean in a folder.
  void match(const fs::path& folder, std::size_t at) {
    const std::string& part = parts_[at];
    const bool last = at + 1 == parts_.size();
    if (part == kAnyFolders) {
      visit_folders(folder, [&](const fs::path& each) { match(each, at + 1); });
      return;
    }
    for (const std::string& name : candidates(folder, part)) {
      // What "." stands for needs no name.
      const fs::path path = folder == "." ? fs::path(name) : folder / name;
      const fs::file_type type = type_of(path);
      if (type == fs::file_type::directory && !last) match(path, at + 1);
      if (type == fs::file_type::directory && last) folders_.push_back(path);
      if (type == fs::file_type::regular && last) found_.push_back(path);
    }
  }

  static std::vector<std::string> candidates(const fs::path& folder, const std::string& part) {
    if (!is_glob(part)) return {plain_name(part)};
    std::vector<std::string> names = names_in(folder);
    std::erase_if(names, [&](const std::string& name) { return !matches_glob(part, name); });
    return names;
  }

  bool has_suffix(std::string_view name) const {
    return suffixes_.empty() || std::any_of(suffixes_.begin(), suffixes_.end(),
                                            [&](auto suffix) { return name.ends_with(suffix); });
  }
  std::string suffixes() const {
    const std::vector<std::string> names(suffixes_.begin(), suffixes_.end());
    return names.empty() ? "anything" : join(names, ", ");
  }

  std::string pattern_;
  std::span<const std::string_view> suffixes_;
  std::vector<std::string> parts_;
  std::vector<fs::path> found_;
  std::vector<fs::path> folders_;  // that match as a whole
  std::string note_;
};

}  // namespace

std::vector<fs::path> find_files(std::string_view pattern,
                                 std::span<const std::string_view> suffixes) {
  if (pattern.empty()) throw ConfigError("a path of data must not be empty");
  std::vector<fs::path> all;
  std::string note;
  // A name may hold what looks like a pattern.
  std::error_code ignored;
  const bool named = fs::exists(fs::symlink_status(pattern, ignored));
  std::vector<std::string> patterns =
      named ? std::vector{escaped(pattern)} : expand_braces(pattern);
  for (std::string& one : patterns) {
    Search search(std::move(one), suffixes);
    for (fs::path& path : search.run()) all.push_back(std::move(path));
    if (note.empty()) note = search.note();
  }
  if (all.empty()) throw ConfigError(cat("no file matches ", pattern, "; ", note));
  std::sort(all.begin(), all.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<std::filesystem::path> find_json_lines(std::string_view pattern) {
  constexpr std::array<std::string_view, 3> kSuffixes{".jsonl", ".jsonl.gz", ".jsonl.zst"};
  return find_files(pattern, kSuffixes);
}

}  // namespace roux::data
