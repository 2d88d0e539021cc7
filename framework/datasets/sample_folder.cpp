#include "roux/datasets/sample_folder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "datasets/own_files.h"
#include "datasets/sample/tokenizer_files.h"
#include "roux/base/atomic_file.h"
#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/datasets/sample_corpus.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;

// Another text for the same seed is another version: nobody is to find an old one in the cache.
constexpr int kVersion = 2;

constexpr std::int64_t kBytesPerMegabyte = 1'000'000;
constexpr std::int64_t kMostMegabytes = 1000;
constexpr std::int64_t kValidShare = 20;  // one byte to validate with for 20 to train on
constexpr std::string_view kAbout = "sample.json";

void check(const SampleConfig& config) {
  if (config.megabytes >= 1 && config.megabytes <= kMostMegabytes) return;
  throw ConfigError(cat("the sample corpus's megabytes must be from 1 to ", kMostMegabytes,
                        ", but is ", config.megabytes));
}

std::string about(const SampleConfig& config) {
  return cat("{\"version\": ", kVersion, ", \"seed\": ", config.seed,
             ", \"megabytes\": ", config.megabytes, "}\n");
}

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '\n') {
      json += "\\n";
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json + '"';
}

// There while somebody writes to the folder.
constexpr std::string_view kLock = ".sample.lock";

// There until kAbout is, where the folder was empty at first: so whatever it holds was made here.
constexpr std::string_view kBegun = ".sample.begun";

// What write_corpus() writes, besides the tokenizer and kAbout.
constexpr std::array<std::string_view, 4> kNames{"train.jsonl", "valid.jsonl",
                                                 "sums_held_out.jsonl", "world_held_out.jsonl"};

std::vector<std::string> all_names() {
  std::vector<std::string> names(kNames.begin(), kNames.end());
  for (const TokenizerFile& file : sample_tokenizer_files()) names.emplace_back(file.name);
  return names;
}

bool is_ours(const std::string& name) {
  const std::vector<std::string> names = all_names();
  return std::ranges::find(names, name) != names.end() || name == kAbout || name == kLock ||
         name == kBegun || is_temporary(name);
}

bool is_whole(const fs::path& folder) {
  return std::ranges::all_of(
      all_names(), [&](const std::string& name) { return fs::is_regular_file(folder / name); });
}

// A file of the corpus: written, or found to hold what would be written.
class Output {
 public:
  enum class Kind { Write, Compare, Leave };

  Output(fs::path path, Kind kind) : path_(std::move(path)), kind_(kind) {
    if (kind_ == Kind::Write) file_.emplace(path_);
    if (kind_ == Kind::Compare) found_.open(path_, std::ios::binary);
  }

  void write(std::string_view bytes) {
    if (file_) file_->write(bytes);
    if (kind_ != Kind::Compare) return;
    std::string there(bytes.size(), '\0');
    found_.read(there.data(), static_cast<std::streamsize>(there.size()));
    if (!found_ || there != bytes) refuse();
  }

  void finish() {
    if (file_) file_->commit();
    if (kind_ == Kind::Compare && found_.peek() != std::ifstream::traits_type::eof()) refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    throw ConfigError(cat(path_.parent_path().string(),
                          " must be empty or hold the sample corpus, but holds another ",
                          path_.filename().string()));
  }

  fs::path path_;
  Kind kind_;
  std::optional<AtomicFile> file_;
  std::ifstream found_;
};

// Writes the corpus to a folder that may hold some of it.
class Maker {
 public:
  using Progress = std::function<void(const SampleProgress&)>;

  // `found`: what becomes of the files that are there.
  Maker(const fs::path& folder, const SampleConfig& config, Output::Kind found,
        const Progress& progress)
      : folder_(folder), config_(config), found_(found), tell_(progress), corpus_(config.seed) {}

  void run() {
    const std::int64_t bytes = config_.megabytes * kBytesPerMegabyte;
    progress_.all_bytes = bytes + bytes / kValidShare;
    std::uint64_t next = 0;
    write_documents("train.jsonl", bytes, next);
    write_documents("valid.jsonl", bytes / kValidShare, next);
    write("sums_held_out.jsonl", lines_of(corpus_.held_out_sums()));
    write("world_held_out.jsonl", lines_of(corpus_.held_out_facts()));
    for (const TokenizerFile& file : sample_tokenizer_files()) write(file.name, file.text);
    for (const fs::path& file : left_by_the_killed()) fs::remove(file);
    if (!fs::exists(folder_ / kAbout)) write_file(folder_ / kAbout, about(config_));
    fs::remove(folder_ / kBegun);
  }

 private:
  Output open(std::string_view name) const {
    const fs::path path = folder_ / name;
    return {path, fs::exists(path) ? found_ : Output::Kind::Write};
  }

  void write(std::string_view name, std::string_view text) const {
    Output file = open(name);
    file.write(text);
    file.finish();
  }

  // Documents from number `next` on, which it moves, until there are `bytes` of text.
  void write_documents(std::string_view name, std::int64_t bytes, std::uint64_t& next) {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    Output file = open(name);
    std::string lines;
    while (bytes > 0) {
      const auto [kind, text] = corpus_.document(next++);
      const auto size = static_cast<std::int64_t>(text.size());
      progress_.bytes += std::min(size, bytes);
      bytes -= size;
      lines +=
          cat("{\"text\": ", json_string(text), ", \"kind\": ", json_string(name_of(kind)), "}\n");
      if (lines.size() < kPiece) continue;
      file.write(lines);
      lines.clear();
      if (tell_) tell_(progress_);
    }
    file.write(lines);
    file.finish();
  }

  static std::string lines_of(const std::vector<SampleQuestion>& questions) {
    std::string lines;
    for (const auto& [prompt, answer] : questions) {
      lines +=
          cat("{\"prompt\": ", json_string(prompt), ", \"answer\": ", json_string(answer), "}\n");
    }
    return lines;
  }

  std::vector<fs::path> left_by_the_killed() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (is_temporary(entry.path().filename().string())) files.push_back(entry.path());
    }
    return files;
  }

  fs::path folder_;
  SampleConfig config_;
  Output::Kind found_;
  const Progress& tell_;
  SampleCorpus corpus_;
  SampleProgress progress_;
};

// Whether the corpus is in `folder`, which may also be missing, or hold some of it.
bool is_there(const fs::path& folder, const SampleConfig& config) {
  std::error_code ignored;
  const auto state = fs::status(folder, ignored);
  if (!fs::exists(state)) return false;
  if (!fs::is_directory(state)) {
    throw ConfigError(
        cat(folder.string(), " must be a folder for the sample corpus, but is a file"));
  }
  if (fs::exists(folder / kAbout)) {
    const std::string found = read_file(folder / kAbout);
    if (found == about(config)) return is_whole(folder);
    throw ConfigError(cat(folder.string(), " must be empty or hold the sample corpus of ",
                          trim(about(config)), ", but holds that of ", trim(found)));
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_ours(name)) continue;
    throw ConfigError(
        cat(folder.string(), " must be empty or hold the sample corpus, but holds ", name));
  }
  return false;
}

// What becomes of the files that the folder holds.
Output::Kind what_of_those_in(const fs::path& folder) {
  if (fs::exists(folder / kAbout)) return Output::Kind::Leave;
  if (fs::exists(folder / kBegun)) return Output::Kind::Write;
  const bool has_some = std::ranges::any_of(
      all_names(), [&](const std::string& name) { return fs::exists(folder / name); });
  if (has_some) return Output::Kind::Compare;
  write_file(folder / kBegun, "");
  return Output::Kind::Write;
}

// Held, and gone from the folder when this is: once the corpus is there nobody who takes another
// one does anything, and of a folder that was refused nothing must be left.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : path_(folder / kLock), lock_(FileLock::try_lock(path_)) {}
  ~FolderLock() {
    std::error_code ignored;
    if (lock_) fs::remove(path_, ignored);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  bool is_held() const { return lock_.has_value(); }
  std::string holder() const {
    try {
      return FileLock::holder(path_);
    } catch (const Error&) {  // it is gone by now
      return "another process";
    }
  }

 private:
  fs::path path_;
  std::optional<FileLock> lock_;
};

std::optional<fs::path> folder_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value != '/') return {};  // as the XDG specification has it
  return value;
}

fs::path cache_folder() {
  if (const auto cache = folder_in("XDG_CACHE_HOME")) return *cache / "roux";
  if (const auto home = folder_in("HOME")) return *home / ".cache" / "roux";
  throw ConfigError(
      "there is no place for the sample corpus: neither XDG_CACHE_HOME nor HOME is an absolute "
      "path");
}

}  // namespace

fs::path default_sample_folder(const SampleConfig& config) {
  check(config);
  return cache_folder() /
         cat("sample-v", kVersion, "-seed", config.seed, '-', config.megabytes, "MB");
}

bool make_sample_corpus(const fs::path& given, const SampleConfig& config,
                        const std::function<void(const SampleProgress&)>& progress) {
  constexpr std::chrono::milliseconds kPause{20};
  check(config);
  // What lies behind the name now, be it ".", or a link.
  const fs::path folder = fs::absolute(given);
  if (is_there(folder, config)) return false;
  make_folder(folder);
  while (true) {
    const FolderLock lock(folder);
    if (lock.is_held()) {
      if (is_there(folder, config)) return false;
      Maker(folder, config, what_of_those_in(folder), progress).run();
      return true;
    }
    if (progress) progress({.maker = lock.holder()});
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace roux::datasets
