#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "roux/data/document.h"
#include "roux/data/stream.h"
#include "roux/datasets/text_config.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::datasets {

// Which texts are wanted of those that a file holds, by the CRC-32C of the text.
struct TextChoice {
  double valid_share = 0.0;
  bool valid = false;  // those that are held out, or all others

  bool takes(std::uint32_t key) const {
    const bool held_out = key < valid_share * 4294967296.0;
    return held_out == valid;
  }
};

// The files of a source, cut into parts that are read in any order.
class TextParts {
 public:
  virtual ~TextParts() = default;

  virtual std::int64_t size() const = 0;
  virtual data::StreamPtr<data::Document> open(std::int64_t part, TextChoice choice) const = 0;
};

// One place where texts lie: files of JSONL, or of tokens.
class TextFiles {
 public:
  virtual ~TextFiles() = default;

  virtual std::int64_t num_files() const = 0;
  virtual std::int64_t num_bytes() const = 0;
  virtual std::string fingerprint() const = 0;

  // At least as many parts as there are shards, if there is as much to read.
  virtual std::shared_ptr<const TextParts> cut(std::int64_t num_shards) const = 0;
};

// fingerprint_of() a tokenizer, when it is asked for and then once.
class KnownTokenizer {
 public:
  explicit KnownTokenizer(std::shared_ptr<const Tokenizer> tokenizer)
      : tokenizer_(std::move(tokenizer)) {}

  const std::shared_ptr<const Tokenizer>& get() const { return tokenizer_; }
  const std::string& fingerprint();

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::string fingerprint_;
};

// `path`: as in TextSource.
std::shared_ptr<const TextFiles> find_text_files(const std::string& path,
                                                 const TextDatasetConfig& config,
                                                 KnownTokenizer& tokenizer);

// JSONL, to be tokenised while it is read.
std::shared_ptr<const TextFiles> find_json_texts(const std::string& path,
                                                 const TextDatasetConfig& config,
                                                 const std::shared_ptr<const Tokenizer>& tokenizer);

// What `roux data tokenize` wrote to a folder.
std::shared_ptr<const TextFiles> find_tokens(const std::filesystem::path& folder,
                                             const TextDatasetConfig& config,
                                             KnownTokenizer& tokenizer);

}  // namespace roux::datasets
