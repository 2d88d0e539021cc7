#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/base/thread_pool.h"
#include "roux/data/skip_bad.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

struct TokenizeProgress {
  std::int64_t bytes = 0;  // of the source files, on the disk
  std::int64_t all_bytes = 0;
  std::int64_t documents = 0;
  std::int64_t tokens = 0;
  std::int64_t bad = 0;         // left out, by an earlier run too
  std::int64_t kept_files = 0;  // that an earlier run had made
  std::int64_t kept_bytes = 0;  // of `bytes`: what those were made of
};

struct TokenizeOptions {
  std::vector<std::string> sources;  // as in TextSource
  std::filesystem::path folder;      // made if it is missing
  std::string tokenizer_name;        // for TokenManifest
  std::string field = "text";
  bool add_eos = true;

  // Also where the folder holds tokens that were made in another way or of other sources too.
  bool force = false;

  // About how much of the sources a file of tokens is made of.
  std::int64_t file_bytes = std::int64_t{64} << 20;

  // Unset: a broken line is an error.
  std::optional<data::BadExamples> skip_bad;

  // Called now and then by the thread that tokenises.
  std::function<void(const TokenizeProgress&)> progress;
};

// Writes the texts as files of tokens that a text dataset reads in place of them. The tokens
// depend on texts and tokenizer alone, and not on the number of threads; each file also says which
// sources it was made of, and when those were last changed. Stopped at any moment and begun again,
// it goes on behind the files that are whole; a source that has changed meanwhile is done again. A
// folder that was finished before stays in use until all new files are there.
//
// Throws ConfigError, before anything is written, for a source that is named twice, for a folder
// with tokens in it that would be lost, and where two write to a folder at once; DataError for
// broken lines (unless skip_bad passes over them), for files that are damaged or replaced while
// they are read, and where there is no text at all.
TokenizeProgress tokenize_texts(const TokenizeOptions& options,
                                const std::shared_ptr<const Tokenizer>& tokenizer,
                                ThreadPool& pool);

}  // namespace roux::datasets
