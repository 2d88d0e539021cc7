#include "roux/datasets/tokenize.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "datasets/text_encoder.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/data/file_part.h"
#include "roux/data/files.h"
#include "roux/data/lines.h"
#include "roux/data/pipeline.h"
#include "roux/data/token_file.h"
#include "roux/datasets/token_manifest.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using data::FilePart;
using data::Line;

struct Encoded {
  std::vector<TokenId> ids;
  std::uint32_t key = 0;
  std::optional<DataError> error;
};

// Some lines at a time, so that a thread has work worth handing over.
std::vector<Encoded> encode(const TextEncoder& encoder, const std::vector<Line>& lines) {
  std::vector<Encoded> all;
  all.reserve(lines.size());
  std::string text;
  for (const Line& line : lines) {
    Encoded one;
    try {
      encoder.read(line, text);
      if (text.empty()) continue;
      encoder.encode(text, one.ids);
      one.key = crc32c(text);
    } catch (const DataError& error) {
      one.error = error;
    }
    all.push_back(std::move(one));
  }
  return all;
}

class Tokenization {
 public:
  Tokenization(const TokenizeOptions& options, const std::shared_ptr<const Tokenizer>& tokenizer,
               ThreadPool& pool)
      : options_(options),
        pool_(pool),
        encoder_(std::make_shared<const TextEncoder>(tokenizer, options.field, options.add_eos)),
        max_id_(tokenizer->size() - 1),
        fingerprint_(fingerprint_of(*tokenizer)) {}

  TokenizeProgress run() {
    std::vector<fs::path> files;
    constexpr std::array<std::string_view, 3> kSuffixes{".jsonl", ".jsonl.gz", ".jsonl.zst"};
    for (const std::string& source : options_.sources) {
      for (fs::path& file : data::find_files(source, kSuffixes)) files.push_back(std::move(file));
    }
    const std::vector<FilePart> parts = data::cut_files(files, {});
    for (const FilePart& part : parts) progress_.all_bytes += bytes_of(part);

    fs::create_directories(options_.folder);
    const auto lock = FileLock::try_lock(options_.folder / ".lock");
    if (!lock) {
      throw ConfigError(cat(options_.folder.string(), " is being written by ",
                            FileLock::holder(options_.folder / ".lock")));
    }
    fs::remove(options_.folder / kTokenManifest);  // until all of its files are there
    TokenManifest manifest{
        fingerprint_, options_.tokenizer_name, options_.field, options_.add_eos, {}};
    for (const FilePart& part : parts) {
      char name[32];
      std::snprintf(name, sizeof(name), "%06zu.tokens", manifest.files.size());
      manifest.files.push_back(write(part, name));
    }
    remove_all_but(manifest);
    write_manifest(options_.folder, manifest);
    return progress_;
  }

 private:
  static std::int64_t bytes_of(const FilePart& part) {
    return part.file->compression() == data::Compression::None ? part.end - part.begin
                                                               : part.file->size();
  }

  // What a file of tokens was made of: the same again means that it need not be made again.
  std::string describe(const FilePart& part) const {
    const auto changed = fs::last_write_time(part.file->path()).time_since_epoch();
    return nlohmann::ordered_json{{"source", part.file->path().string()},
                                  {"size", part.file->size()},
                                  {"changed", changed.count()},
                                  {"begin", part.begin},
                                  {"end", part.end},
                                  {"field", options_.field},
                                  {"add_eos", options_.add_eos},
                                  {"skip_bad", options_.skip_bad.has_value()},
                                  {"tokenizer", fingerprint_}}
        .dump();
  }

  TokenManifest::File write(const FilePart& part, const char* name) {
    const fs::path path = options_.folder / name;
    const std::string description = describe(part);
    TokenManifest::File file{name};
    if (!find_whole(path, description, file)) {
      file = tokenize(part, path, description);
    } else {
      ++progress_.kept_files;
      progress_.documents += file.documents;
      progress_.tokens += file.tokens;
    }
    done_bytes_ += bytes_of(part);
    tell(done_bytes_);
    return file;
  }

  static bool find_whole(const fs::path& path, const std::string& description,
                         TokenManifest::File& file) {
    if (!fs::exists(path)) return false;
    try {
      const data::TokenFile found(path);
      if (found.description() != description) return false;
      file.documents = found.num_documents();
      file.tokens = found.num_tokens();
      return true;
    } catch (const DataError&) {
      return false;
    }
  }

  TokenManifest::File tokenize(const FilePart& part, const fs::path& path,
                               const std::string& description) {
    constexpr std::int64_t kBatchBytes = 256 << 10;
    auto batches =
        data::Pipeline<Line>(data::open_lines(part))
            .batch_by_cost([](const Line& line) { return std::ssize(line.text) + 1; }, kBatchBytes)
            .parallel_map(
                [encoder = encoder_](const std::vector<Line>& lines) {
                  return std::pair(encode(*encoder, lines), lines.back().where.offset);
                },
                pool_, 2 * pool_.num_threads() + 2)
            .stream();
    data::TokenFileWriter writer(path, max_id_);
    while (const auto batch = batches->next()) {
      for (const Encoded& one : batch->first) {
        if (one.error) {
          leave_out(*one.error);
          continue;
        }
        writer.add(one.ids, one.key);
        ++progress_.documents;
        progress_.tokens += std::ssize(one.ids);
      }
      const bool plain = part.file->compression() == data::Compression::None;
      tell(done_bytes_ + (plain ? batch->second - part.begin : 0));
    }
    TokenManifest::File file{path.filename().string(), writer.num_documents(), writer.num_tokens()};
    writer.finish(description);
    return file;
  }

  void leave_out(const DataError& error) {
    if (!options_.skip_bad) throw error;
    ++progress_.bad;
    data::count_bad(*options_.skip_bad, error, progress_.documents, progress_.bad);
  }

  void tell(std::int64_t bytes) {
    progress_.bytes = bytes;
    if (options_.progress) options_.progress(progress_);
  }

  // Files of an earlier, longer list, and what a killed process left.
  void remove_all_but(const TokenManifest& manifest) const {
    std::set<std::string> names;
    for (const auto& file : manifest.files) names.insert(file.name);
    for (const auto& entry : fs::directory_iterator(options_.folder)) {
      const std::string name = entry.path().filename().string();
      const bool ours = name.ends_with(".tokens") || name.starts_with(".tmp-");
      if (ours && names.count(name) == 0) fs::remove(entry.path());
    }
  }

  const TokenizeOptions& options_;
  ThreadPool& pool_;
  std::shared_ptr<const TextEncoder> encoder_;
  TokenId max_id_;
  std::string fingerprint_;
  TokenizeProgress progress_;
  std::int64_t done_bytes_ = 0;  // of the parts that are done
};

}  // namespace

TokenizeProgress tokenize_texts(const TokenizeOptions& options,
                                const std::shared_ptr<const Tokenizer>& tokenizer,
                                ThreadPool& pool) {
  return Tokenization(options, tokenizer, pool).run();
}

}  // namespace roux::datasets
