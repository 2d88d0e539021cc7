#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "datasets/text_encoder.h"
#include "datasets/text_parts.h"
#include "roux/base/checksum.h"
#include "roux/base/error.h"
#include "roux/data/file_part.h"
#include "roux/data/files.h"
#include "roux/data/lines.h"

namespace roux::datasets {
namespace {

using data::Document;
using data::FilePart;
using data::StreamPtr;

// The texts of one part that are chosen, as tokens. Empty ones are left out.
class ReadTexts final : public data::Stream<Document> {
 public:
  ReadTexts(const FilePart& part, std::shared_ptr<const TextEncoder> encoder, TextChoice choice)
      : lines_(part), encoder_(std::move(encoder)), choice_(choice) {}

  std::optional<Document> next() override {
    while (const std::optional<data::Line> line = lines_.next()) {
      encoder_->read(*line, text_);
      if (text_.empty() || !choice_.takes(crc32c(text_))) continue;
      Document document;
      encoder_->encode(text_, document.ids);
      return document;
    }
    return std::nullopt;
  }
  void rewind(std::int64_t epoch) override { lines_.rewind(epoch); }
  void save(data::Bookmark& bookmark) const override { lines_.save(bookmark.name("texts")); }
  void load(data::BookmarkReader& bookmark) override {
    bookmark.name("texts");
    lines_.load(bookmark);
  }

 private:
  data::ReadLines lines_;
  std::shared_ptr<const TextEncoder> encoder_;
  TextChoice choice_;
  std::string text_;
};

class JsonParts final : public TextParts {
 public:
  JsonParts(std::vector<FilePart> parts, std::shared_ptr<const TextEncoder> encoder)
      : parts_(std::move(parts)), encoder_(std::move(encoder)) {}

  std::int64_t size() const override { return std::ssize(parts_); }
  StreamPtr<Document> open(std::int64_t part, TextChoice choice) const override {
    return std::make_unique<ReadTexts>(parts_[static_cast<std::size_t>(part)], encoder_, choice);
  }

 private:
  std::vector<FilePart> parts_;
  std::shared_ptr<const TextEncoder> encoder_;
};

class JsonFiles final : public TextFiles {
 public:
  JsonFiles(std::vector<std::filesystem::path> files, std::shared_ptr<const TextEncoder> encoder)
      : files_(std::move(files)), encoder_(std::move(encoder)) {
    for (const auto& file : files_) {
      num_bytes_ += static_cast<std::int64_t>(std::filesystem::file_size(file));
    }
  }

  std::int64_t num_files() const override { return std::ssize(files_); }
  std::int64_t num_bytes() const override { return num_bytes_; }

  // Names would tell a corpus that was moved from the one it was.
  std::string fingerprint() const override { return cat("jsonl ", num_files(), ' ', num_bytes_); }

  std::shared_ptr<const TextParts> cut(std::int64_t num_shards) const override {
    // What a line lies in the middle of has none of its own: so little is dealt out line by line.
    constexpr std::int64_t kLeastOfAShard = 16 << 10;
    std::vector<FilePart> parts;
    // A file that is dealt out is read whole for each stripe: no more of them than there must be.
    const std::int64_t stripes = (num_shards + num_files() - 1) / num_files();
    if (num_bytes_ < num_shards * kLeastOfAShard) {
      for (const auto& file : files_) deal(data::whole_file(file), stripes, parts);
    } else {
      // Small parts, so that what comes one after the other lies in many places; not so many that
      // opening them is felt.
      constexpr std::int64_t kPartsOfAShard = 16;
      const std::int64_t part_bytes =
          std::min<std::int64_t>(num_bytes_ / (num_shards * kPartsOfAShard), 16 << 20);
      parts = data::cut_files(files_, {.part_bytes = part_bytes, .stripes = stripes});
    }
    return std::make_shared<JsonParts>(std::move(parts), encoder_);
  }

 private:
  static void deal(FilePart part, std::int64_t stripes, std::vector<FilePart>& parts) {
    const bool plain = part.file->compression() == data::Compression::None;
    const auto lines = plain ? part.file->line_ends_before(part.file->size()) : std::nullopt;
    part.stripes = stripes;
    for (part.stripe = 0; part.stripe < stripes; ++part.stripe) {
      if (!lines || part.stripe <= *lines) parts.push_back(part);
    }
  }

  std::vector<std::filesystem::path> files_;
  std::shared_ptr<const TextEncoder> encoder_;
  std::int64_t num_bytes_ = 0;
};

}  // namespace

std::shared_ptr<const TextFiles> find_json_texts(
    const std::string& path, const TextDatasetConfig& config,
    const std::shared_ptr<const Tokenizer>& tokenizer) {
  auto encoder = std::make_shared<const TextEncoder>(tokenizer, config.field, config.add_eos);
  return std::make_shared<JsonFiles>(data::find_json_lines(path), std::move(encoder));
}

}  // namespace roux::datasets
