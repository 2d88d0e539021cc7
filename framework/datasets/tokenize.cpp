#include "roux/datasets/tokenize.h"

#include <cstdio>
#include <optional>
#include <set>
#include <utility>

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

    fs::create_directories(options_.folder);
    const auto lock = FileLock::try_lock(options_.folder / ".lock");
    if (!lock) {
      throw ConfigError(cat(options_.folder.string(), " is being written by ",
                            FileLock::holder(options_.folder / ".lock")));
    }
    if (!options_.force) refuse_other_tokens(options_.folder, manifest_, paths_);
    for (const Group& one : group(parts, options_.file_bytes)) {
      char name[32];
      std::snprintf(name, sizeof(name), "%06zu.tokens", manifest_.files.size());
      manifest_.files.push_back(write(one, name));
    }
    if (progress_.documents == 0) {
      throw DataError(cat("there is no text in ", options_.sources.front(),
                          options_.sources.size() > 1 ? " and the other sources" : "",
                          progress_.bad > 0 ? ": every line is broken or empty" : ""));
    }
    write_manifest(options_.folder, manifest_);
    remove_leftovers(options_.folder, manifest_);
    return progress_;
  }

 private:
  std::vector<fs::path> find_sources() {
    std::vector<fs::path> files;
    for (const std::string& source : options_.sources) {
      for (fs::path& file : data::find_json_lines(source)) {
        if (!paths_.insert(fs::canonical(file).string()).second) {
          throw ConfigError(cat(file.string(), " is named twice: its texts would be there twice"));
        }
        files.push_back(std::move(file));
      }
    }
    return files;
  }

  TokenOrigin origin_of(const Group& parts) const {
    TokenOrigin origin{manifest_.tokenizer, options_.field, options_.add_eos, {}};
    for (const FilePart& part : parts) {
      const fs::path path = fs::canonical(part.file->path());
      const auto changed = fs::last_write_time(path).time_since_epoch();
      origin.sources.push_back(
          {path.string(), part.file->size(), changed.count(), part.begin, part.end});
    }
    return origin;
  }

  TokenManifest::File write(const Group& parts, const char* name) {
    const fs::path path = options_.folder / name;
    const TokenOrigin origin = origin_of(parts);
    TokenManifest::File file{name};
    if (!keep(path, origin, file)) {
      fs::remove(options_.folder / kTokenManifest);  // until all of its files are there
      file = tokenize(parts, path, origin);
    }
    for (const FilePart& part : parts) done_bytes_ += bytes_of(part);
    tell(done_bytes_);
    return file;
  }

  // Whether the file is there already. What an earlier run left out of it counts as if it were now.
  bool keep(const fs::path& path, TokenOrigin origin, TokenManifest::File& file) {
    if (!fs::exists(path)) return false;
    try {
      const data::TokenFile found(path);
      const auto was = read_origin(found.description());
      if (!was || (was->bad > 0 && !options_.skip_bad)) return false;
      origin.bad = was->bad;
      if (describe(origin) != found.description()) return false;
      file.documents = found.num_documents();
      file.tokens = found.num_tokens();
    } catch (const DataError&) {
      return false;
    }
    ++progress_.kept_files;
    progress_.documents += file.documents;
    progress_.tokens += file.tokens;
    if (origin.bad == 0) return true;
    progress_.bad += origin.bad;
    data::count_bad({options_.skip_bad->max_share, {}},
                    DataError(cat(path.string(), " was made without ", origin.bad)),
                    progress_.documents, progress_.bad);
    return true;
  }

  TokenManifest::File tokenize(const Group& parts, const fs::path& path, TokenOrigin origin) {
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
      } catch (const DataError& error) {  // a file is damaged from here on, or a line too long
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
      tell(bytes + (plain ? place.offset - part->begin : 0));
    }
    origin.bad = progress_.bad - bad_before;
    TokenManifest::File file{path.filename().string(), writer.num_documents(), writer.num_tokens()};
    writer.finish(describe(origin));
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

  const TokenizeOptions& options_;
  ThreadPool& pool_;
  std::shared_ptr<const TextEncoder> encoder_;
  TokenId max_id_;
  TokenManifest manifest_;
  std::set<std::string> paths_;  // of the sources
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
