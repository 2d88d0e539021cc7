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
  std::int64_t bad = 0;         // left out
  std::int64_t kept_files = 0;  // that an earlier run had made
};

struct TokenizeOptions {
  std::vector<std::string> sources;  // as in TextSource
  std::filesystem::path folder;      // made if it is missing
  std::string tokenizer_name;        // for TokenManifest
  std::string field = "text";
  bool add_eos = true;

  // Unset: a broken line is an error.
  std::optional<data::BadExamples> skip_bad;

  // Called now and then by the thread that tokenises.
  std::function<void(const TokenizeProgress&)> progress;
};

// Writes the texts as files of tokens that a text dataset reads in place of them. What it writes
// depends on texts and tokenizer alone, and not on the number of threads. Stopped at any moment and
// begun again, it goes on behind the files that are whole; a source that has changed meanwhile is
// done again. Two at once in a folder are refused.
TokenizeProgress tokenize_texts(const TokenizeOptions& options,
                                const std::shared_ptr<const Tokenizer>& tokenizer,
                                ThreadPool& pool);

}  // namespace roux::datasets
