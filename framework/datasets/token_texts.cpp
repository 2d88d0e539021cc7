#include <algorithm>
#include <utility>
#include <vector>

#include "datasets/text_parts.h"
#include "roux/base/error.h"
#include "roux/data/token_file.h"
#include "roux/datasets/token_manifest.h"

namespace roux::datasets {
namespace {

namespace fs = std::filesystem;
using data::Document;
using data::StreamPtr;
using data::TokenFile;

struct Part {
  std::size_t file;
  std::int64_t first;  // document
  std::int64_t last;
};

class TokenParts final : public TextParts {
 public:
  TokenParts(std::vector<TokenFile> files, std::vector<Part> parts)
      : files_(std::move(files)), parts_(std::move(parts)) {}

  std::int64_t size() const override { return std::ssize(parts_); }
  StreamPtr<Document> open(std::int64_t part, TextChoice choice) const override {
    const Part& one = parts_[static_cast<std::size_t>(part)];
    return std::make_unique<data::ReadTokens>(
        files_[one.file], one.first, one.last,
        [choice](std::uint32_t key) { return choice.takes(key); });
  }

 private:
  std::vector<TokenFile> files_;
  std::vector<Part> parts_;
};

class TokenFiles final : public TextFiles {
 public:
  explicit TokenFiles(std::vector<TokenFile> files) : files_(std::move(files)) {
    for (const TokenFile& file : files_) {
      num_tokens_ += file.num_tokens();
      num_documents_ += file.num_documents();
      num_bytes_ += file.num_tokens() * file.token_bytes();
    }
  }

  std::int64_t num_files() const override { return std::ssize(files_); }
  std::int64_t num_bytes() const override { return num_bytes_; }
  std::string fingerprint() const override {
    return cat("tokens ", num_documents_, ' ', num_tokens_);
  }

  std::shared_ptr<const TextParts> cut(std::int64_t num_shards) const override {
    constexpr std::int64_t kPartsOfAShard = 16;
    const std::int64_t part_tokens =
        std::clamp<std::int64_t>(num_tokens_ / (num_shards * kPartsOfAShard), 1 << 10, 4 << 20);
    std::vector<Part> parts;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      const std::int64_t documents = files_[file].num_documents();
      for (std::int64_t first = 0; first < documents;) {
        const std::int64_t last = first_from(files_[file], files_[file].begin(first) + part_tokens);
        parts.push_back({file, first, std::max(last, first + 1)});
        first = parts.back().last;
      }
    }
    return std::make_shared<TokenParts>(files_, std::move(parts));
  }

 private:
  // The first document that begins at `token` or behind it.
  static std::int64_t first_from(const TokenFile& file, std::int64_t token) {
    std::int64_t low = 0;
    std::int64_t high = file.num_documents();
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (file.begin(middle) < token) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  std::vector<TokenFile> files_;
  std::int64_t num_documents_ = 0;
  std::int64_t num_tokens_ = 0;
  std::int64_t num_bytes_ = 0;
};

}  // namespace

const std::string& KnownTokenizer::fingerprint() {
  if (fingerprint_.empty()) fingerprint_ = fingerprint_of(*tokenizer_);
  return fingerprint_;
}

std::shared_ptr<const TextFiles> find_tokens(const fs::path& folder,
                                             const TextDatasetConfig& config,
                                             KnownTokenizer& tokenizer) {
  const TokenManifest manifest = read_manifest(folder);
  const auto refuse = [&](const std::string& what, const std::string& was, const std::string& is) {
    throw ConfigError(cat(folder.string(), " was made with ", what, ' ', was, ", but ", is,
                          " is asked for: make it again with `roux data tokenize`"));
  };
  if (manifest.tokenizer != tokenizer.fingerprint()) {
    refuse("another tokenizer,", manifest.tokenizer, tokenizer.fingerprint());
  }
  if (manifest.add_eos != config.add_eos) {
    refuse("add_eos =", manifest.add_eos ? "true" : "false", config.add_eos ? "true" : "false");
  }
  return std::make_shared<TokenFiles>(open_token_files(folder, manifest));
}

}  // namespace roux::datasets
