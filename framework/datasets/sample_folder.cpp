#include "roux/datasets/sample_folder.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

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

// Writes documents from number `next` on, which it moves, until there are `bytes` of text.
void write_documents(const fs::path& path, const SampleCorpus& corpus, std::int64_t bytes,
                     std::uint64_t& next) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  AtomicFile file(path);
  std::string lines;
  while (bytes > 0) {
    const auto [kind, text] = corpus.document(next++);
    bytes -= static_cast<std::int64_t>(text.size());
    lines +=
        cat("{\"text\": ", json_string(text), ", \"kind\": ", json_string(name_of(kind)), "}\n");
    if (lines.size() < kPiece) continue;
    file.write(lines);
    lines.clear();
  }
  file.write(lines);
  file.commit();
}

void write_questions(const fs::path& path, const std::vector<SampleQuestion>& questions) {
  std::string lines;
  for (const auto& [prompt, answer] : questions) {
    lines +=
        cat("{\"prompt\": ", json_string(prompt), ", \"answer\": ", json_string(answer), "}\n");
  }
  write_file(path, lines);
}

// What write_corpus() writes, besides the tokenizer and kAbout.
constexpr std::array<std::string_view, 4> kNames{"train.jsonl", "valid.jsonl",
                                                 "sums_held_out.jsonl", "world_held_out.jsonl"};

// Those of the corpus's files that `folder` lacks.
std::vector<fs::path> missing_in(const fs::path& folder) {
  std::vector<fs::path> missing;
  const auto look_for = [&](const fs::path& name) {
    if (!fs::is_regular_file(folder / name)) missing.push_back(name);
  };
  for (const std::string_view name : kNames) look_for(name);
  for (const TokenizerFile& file : sample_tokenizer_files()) look_for(file.name);
  return missing;
}

void write_corpus(const fs::path& folder, const SampleConfig& config) {
  const SampleCorpus corpus(config.seed);
  const std::int64_t bytes = config.megabytes * kBytesPerMegabyte;
  std::uint64_t next = 0;
  write_documents(folder / "train.jsonl", corpus, bytes, next);
  write_documents(folder / "valid.jsonl", corpus, bytes / kValidShare, next);
  write_questions(folder / "sums_held_out.jsonl", corpus.held_out_sums());
  write_questions(folder / "world_held_out.jsonl", corpus.held_out_facts());
  for (const TokenizerFile& file : sample_tokenizer_files()) {
    write_file(folder / file.name, file.text);
  }
  write_file(folder / kAbout, about(config));
}

// Whether the corpus is in `folder`, which may also be missing or empty, or lack some of it.
bool is_there(const fs::path& folder, const SampleConfig& config) {
  std::error_code ignored;
  const auto state = fs::status(folder, ignored);
  if (!fs::exists(state)) return false;
  if (!fs::is_directory(state)) {
    throw ConfigError(
        cat(folder.string(), " must be a folder for the sample corpus, but is a file"));
  }
  if (fs::is_empty(folder)) return false;
  if (!fs::exists(folder / kAbout)) {
    throw ConfigError(cat(folder.string(), " must be empty or hold the sample corpus, but holds ",
                          fs::directory_iterator(folder)->path().filename().string()));
  }
  const std::string found = read_file(folder / kAbout);
  if (found == about(config)) return missing_in(folder).empty();
  throw ConfigError(cat(folder.string(), " must be empty or hold the sample corpus of ",
                        trim(about(config)), ", but holds that of ", trim(found)));
}

// What is written before it has its name. Only who holds the lock uses it, so whatever is there at
// first was left behind by somebody who was killed.
class Draft {
 public:
  explicit Draft(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Draft() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path beside(const fs::path& folder, std::string_view suffix) {
  return folder.parent_path() / cat('.', folder.filename().string(), suffix);
}

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

bool make_sample_corpus(const fs::path& given, const SampleConfig& config) {
  constexpr std::chrono::milliseconds kPause{20};
  check(config);
  fs::path folder = fs::absolute(given).lexically_normal();
  if (!folder.has_filename())
    folder = folder.parent_path();  // it was written with a '/' at its end
  if (is_there(folder, config)) return false;

  fs::create_directories(folder.parent_path());
  const fs::path lock_path = beside(folder, ".lock");
  while (true) {
    const std::optional<FileLock> lock = FileLock::try_lock(lock_path);
    const bool is_made = is_there(folder, config);
    if (!lock && !is_made) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    if (!is_made) {
      const Draft draft(beside(folder, ".partial"));
      write_corpus(draft.path(), config);
      if (fs::exists(folder / kAbout)) {  // somebody removed some of it
        for (const fs::path& name : missing_in(folder)) {
          durable_rename(draft.path() / name, folder / name);
        }
      } else {
        durable_rename(draft.path(), folder);
      }
    }
    // From here on the folder is there, and nobody who takes a lock anew does anything.
    std::error_code ignored;
    if (lock) fs::remove(lock_path, ignored);
    return !is_made;
  }
}

}  // namespace roux::datasets
