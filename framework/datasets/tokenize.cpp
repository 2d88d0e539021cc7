#include "roux/datasets/tokenize.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "datasets/own_files.h"
#include "datasets/text_encoder.h"
#include "datasets/token_folder.h"
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

// The parts that a file of tokens is made of.
using Group = std::vector<FilePart>;

std::int64_t bytes_of(const FilePart& part) {
  return part.file->compression() == data::Compression::None ? part.end - part.begin
                                                             : part.file->size();
}

// Neighbours together up to some size: a file of tokens for each small file would cost a disk's
// sync each. Its description names them all, so they are not too many either.
std::vector<Group> group(const std::vector<FilePart>& parts, std::int64_t most_bytes) {
  constexpr std::size_t kMostParts = 4096;
  std::vector<Group> groups;
  std::int64_t bytes = 0;
  for (const FilePart& part : parts) {
    bytes += bytes_of(part);
    if (groups.empty() || bytes > most_bytes || groups.back().size() == kMostParts) {
      groups.emplace_back();
      bytes = bytes_of(part);
    }
    groups.back().push_back(part);
  }
  return groups;
}

data::Pipeline<Line> lines_of(const Group& parts) {
  // Which is most of what is read, and keeps no account of where it stands in a list.
  if (parts.size() == 1) return data::Pipeline<Line>(data::open_lines(parts.front()));
  return data::read_list(parts).yield_from(data::open_lines);
}

class Tokenization {
 public:
  Tokenization(const TokenizeOptions& options, const std::shared_ptr<const Tokenizer>& tokenizer,
               ThreadPool& pool)
      : options_(options),
        pool_(pool),
        encoder_(std::make_shared<const TextEncoder>(tokenizer, options.field, options.add_eos)),
        max_id_(tokenizer->size() - 1),
        manifest_{fingerprint_of(*tokenizer),
                  options.tokenizer_name,
                  options.field,
                  options.add_eos,
                  {}} {}

  TokenizeProgress run() {
    const std::vector<FilePart> parts =
        data::cut_files(find_sources(), {.part_bytes = options_.file_bytes});
    for (const FilePart& part : parts) progress_.all_bytes += bytes_of(part);

    const bool is_new = make_folder(options_.folder);
    const auto lock = FileLock::try_lock(options_.folder / kLockName);
    if (!lock) {
      throw ConfigError(cat(options_.folder.string(), " is being written by ",
                            FileLock::holder(options_.folder / kLockName)));
    }
    const std::vector<TokensFound> found = find_token_files(options_.folder);
    if (!options_.force) refuse_other_tokens(options_.folder, manifest_, found, paths_);
    for (const TokensFound& one : found) {
      TokenOrigin origin = one.origin;
      origin.bad = 0;
      found_.emplace(describe(origin), one);
    }
    for (const Group& one : group(parts, options_.file_bytes)) write(one);
    if (progress_.documents == 0) {
      leave_nothing(is_new);
      throw DataError(cat("there is no text in ", options_.sources.front(),
                          options_.sources.size() > 1 ? " and the other sources" : "",
                          progress_.bad > 0 ? ": every line is broken or empty" : ""));
    }
    take_into_use(options_.folder, files_, manifest_);
    return progress_;
  }

 private:
  std::vector<fs::path> find_sources() {
    const fs::path folder = fs::weakly_canonical(options_.folder);
    std::vector<fs::path> files;
    for (const std::string& source : options_.sources) {
      for (fs::path& file : data::find_json_lines(source)) {
        const fs::path path = fs::canonical(file);
        // The pattern of a source may mean what is written here too.
        if (path.parent_path() == folder && is_ours(path.filename().string())) continue;
        const auto [first, added] = paths_.emplace(path_text(path), file.string());
        if (!added) {
          throw ConfigError(
              cat(file.string(), " is named twice",
                  first->second == file.string() ? "" : cat(", also as ", first->second),
                  ": its texts would be there twice"));
        }
        files.push_back(std::move(file));
      }
    }
    if (files.empty()) {
      throw ConfigError(cat(options_.sources.front(), " means nothing but what is written to ",
                            options_.folder.string()));
    }
    return files;
  }

  // Files without a document look like the beginning of something; tokens that are in use stay.
  void leave_nothing(bool is_new) {
    const bool in_use = is_token_folder(options_.folder);
    for (const fs::path& file : files_) {
      if (!in_use || !kept_.contains(file)) fs::remove(file);
    }
    if (in_use) return;
    std::error_code ignored;
    fs::remove(options_.folder / kLockName, ignored);
    if (is_new) fs::remove(options_.folder, ignored);
  }

  TokenOrigin origin_of(const Group& parts) const {
    TokenOrigin origin{manifest_.tokenizer, options_.field, options_.add_eos, {}};
    for (const FilePart& part : parts) {
      origin.sources.push_back({path_text(fs::canonical(part.file->path())), part.file->size(),
                                part.file->changed(), part.begin, part.end});
    }
    return origin;
  }

  void write(const Group& parts) {
    std::int64_t bytes = 0;
    for (const FilePart& part : parts) {
      part.file->check_unchanged();
      bytes += bytes_of(part);
    }
    const TokenOrigin origin = origin_of(parts);
    const auto found = found_.find(describe(origin));
    if (found != found_.end() && (found->second.origin.bad == 0 || options_.skip_bad)) {
      keep(found->second);
      progress_.kept_bytes += bytes;
    } else {
      tokenize(parts, unused_name(options_.folder), origin);
    }
    done_bytes_ += bytes;
    tell(done_bytes_);
  }

  // What an earlier run left out of it counts as if it were now.
  void keep(const TokensFound& found) {
    files_.push_back(found.path);
    kept_.insert(found.path);
    manifest_.files.push_back({"", found.documents, found.tokens});
    ++progress_.kept_files;
    progress_.documents += found.documents;
    progress_.tokens += found.tokens;
    const std::int64_t bad = found.origin.bad;
    if (bad == 0) return;
    progress_.bad += bad;
    data::count_bad({options_.skip_bad->max_share, options_.skip_bad->setting, {}},
                    DataError(cat(found.path.string(), " was made without ", bad)),
                    progress_.documents, progress_.bad);
  }

  void tokenize(const Group& parts, const fs::path& path, TokenOrigin origin) {
    constexpr std::int64_t kBatchBytes = 256 << 10;
    auto batches =
        lines_of(parts)
            .batch_by_cost([](const Line& line) { return std::ssize(line.text) + 1; }, kBatchBytes)
            .parallel_map(
                [encoder = encoder_](const std::vector<Line>& lines) {
                  return std::pair(encode(*encoder, lines), lines.back().where);
                },
                pool_, 2 * pool_.num_threads() + 2)
            .stream();
    const std::int64_t bad_before = progress_.bad;
    data::TokenFileWriter writer(path, max_id_);
    auto part = parts.begin();
    std::int64_t bytes = done_bytes_;  // before `part`
    for (;;) {
      std::optional<std::pair<std::vector<Encoded>, data::LinePlace>> batch;
      try {
        batch = batches->next();
      } catch (const data::DamagedFile&) {
        throw;
      } catch (const DataError& error) {  // a line is too long
        leave_out(error);
        continue;
      }
      if (!batch) break;
      for (const Encoded& one : batch->first) {
        if (one.error) {
          leave_out(*one.error);
          continue;
        }
        writer.add(one.ids, one.key);
        ++progress_.documents;
        progress_.tokens += std::ssize(one.ids);
      }
      const data::LinePlace& place = batch->second;
      while (part->file != place.file || part->begin != place.begin) bytes += bytes_of(*part++);
      const bool plain = part->file->compression() == data::Compression::None;
      tell(bytes + (plain ? place.offset - part->begin : place.read));
    }
    for (const FilePart& one : parts) one.file->check_unchanged();
    origin.bad = progress_.bad - bad_before;
    files_.push_back(path);
    manifest_.files.push_back({"", writer.num_documents(), writer.num_tokens()});
    writer.finish(describe(origin));
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

  const TokenizeOptions& options_;
  ThreadPool& pool_;
  std::shared_ptr<const TextEncoder> encoder_;
  TokenId max_id_;
  TokenManifest manifest_;
  std::map<std::string, std::string> paths_;  // of the sources: path_text(), and as they were named
  std::map<std::string, TokensFound> found_;  // by their origin, as if nothing were left out
  std::vector<fs::path> files_;               // of manifest_, as they are called for now
  std::set<fs::path> kept_;                   // of those: what was there before
  TokenizeProgress progress_;
  std::int64_t done_bytes_ = 0;  // of the groups that are done
};

}  // namespace

TokenizeProgress tokenize_texts(const TokenizeOptions& options,
                                const std::shared_ptr<const Tokenizer>& tokenizer,
                                ThreadPool& pool) {
  return Tokenization(options, tokenizer, pool).run();
}

}  // namespace roux::datasets
