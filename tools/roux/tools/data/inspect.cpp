#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/visible.h"
#include "roux/data/file_part.h"
#include "roux/data/files.h"
#include "roux/data/jsonl.h"
#include "roux/data/lines.h"
#include "roux/data/token_file.h"
#include "roux/datasets/token_manifest.h"
#include "tool/table.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

// Documents that can be gone through, and shown as text.
class Corpus {
 public:
  virtual ~Corpus() = default;

  // What a length is counted in.
  virtual std::string_view unit() const = 0;

  // Calls `visit` with the number and the length of each document until it returns false.
  using Visit = std::function<bool(std::int64_t number, std::int64_t length)>;
  virtual void each(const Visit& visit) = 0;

  // The text of the document that `visit` was called with last.
  virtual std::string text() = 0;

  // How many broken lines each() has left out.
  virtual std::int64_t broken() const { return 0; }

  // Reads all of it against what its writer noted, and says so; throws DataError if it differs.
  virtual std::string verify() { return ""; }
};

class TextCorpus final : public Corpus {
 public:
  TextCorpus(std::vector<fs::path> files, const std::string& field,
             std::shared_ptr<const Tokenizer> tokenizer, bool skip_bad)
      : files_(std::move(files)),
        json_(field),
        tokenizer_(std::move(tokenizer)),
        skip_bad_(skip_bad) {}

  std::string_view unit() const override { return tokenizer_ ? "tokens" : "bytes"; }

  void each(const Visit& visit) override {
    std::int64_t number = 0;
    for (const fs::path& file : files_) {
      data::ReadLines lines(data::whole_file(file));
      while (read(lines)) {
        if (text_.empty()) continue;  // as training does
        if (!visit(number++, length())) return;
      }
    }
  }
  std::string text() override { return text_; }
  std::int64_t broken() const override { return broken_; }

 private:
  // False at the end of the file.
  bool read(data::ReadLines& lines) {
    for (;;) {
      try {
        const auto line = lines.next();
        if (line) json_.read(*line, text_);
        return line.has_value();
      } catch (const data::DamagedFile&) {
        throw;
      } catch (const DataError& error) {
        constexpr std::int64_t kShown = 5;
        if (!skip_bad_) throw;
        if (++broken_ > kShown) continue;
        std::cerr << "roux: left out: " << visible(error.what(), "") << '\n';
      }
    }
  }

  std::int64_t length() {
    if (!tokenizer_) return std::ssize(text_);
    ids_.clear();
    tokenizer_->encode(text_, ids_, {.parse_special_tokens = false});
    return std::ssize(ids_);
  }

  std::vector<fs::path> files_;
  data::JsonText json_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  bool skip_bad_;
  std::int64_t broken_ = 0;
  std::string text_;
  std::vector<TokenId> ids_;
};

class TokenCorpus final : public Corpus {
 public:
  TokenCorpus(const fs::path& folder, std::string model)
      : folder_(folder),
        manifest_(datasets::read_manifest(folder)),
        model_(std::move(model)),
        files_(datasets::open_token_files(folder, manifest_)) {
    if (model_.empty()) model_ = manifest_.tokenizer_name;
  }

  std::string_view unit() const override { return "tokens"; }

  void each(const Visit& visit) override {
    std::int64_t number = 0;
    for (const data::TokenFile& file : files_) {
      for (std::int64_t i = 0; i < file.num_documents(); ++i) {
        file_ = &file;
        index_ = i;
        if (!visit(number++, file.length(i))) return;
      }
    }
  }

  std::string text() override {
    if (!tokenizer_) {
      tokenizer_ = find_tokenizer();
      if (datasets::fingerprint_of(*tokenizer_) != manifest_.tokenizer) {
        throw ConfigError(cat("data inspect: ", model_,
                              " is not the tokenizer that made these tokens: -m says which is"));
      }
    }
    std::vector<TokenId> ids;
    file_->read(index_, ids);
    return tokenizer_->decode(ids);
  }

  std::string verify() override {
    for (const data::TokenFile& file : files_) file.verify();
    return cat(visible(folder_.string(), ""), ": ", counted(std::ssize(files_), "files"),
               files_.size() == 1 ? " is as it was written" : " are as they were written");
  }

 private:
  std::shared_ptr<const Tokenizer> find_tokenizer() const {
    try {
      return find_tokenizer_of(model_);
    } catch (const Error& error) {
      throw ConfigError(cat("data inspect: the tokenizer of these tokens is needed to show them: ",
                            error.what(), "; -m says where it is"));
    }
  }

  fs::path folder_;
  datasets::TokenManifest manifest_;
  std::string model_;
  std::vector<data::TokenFile> files_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  const data::TokenFile* file_ = nullptr;
  std::int64_t index_ = 0;
};

std::unique_ptr<Corpus> open(const Arguments& arguments) {
  const std::string& path = arguments.operands.at(0);
  const std::string model = arguments.text("--model");
  if (path.ends_with(".tokens") && fs::is_regular_file(path)) {
    const fs::path folder = fs::path(path).parent_path();
    throw ConfigError(cat("data inspect: PATH must be the folder of tokens, ",
                          folder.empty() ? "." : folder.string(), ", but is a file in it, ", path));
  }
  if (datasets::is_unfinished(path)) {
    throw ConfigError(cat(path, " is not finished: the same `roux data tokenize` goes on with it"));
  }
  if (datasets::is_token_folder(path)) {
    if (arguments.has("--field")) {
      throw ConfigError("data inspect: --field is for JSON lines, and these are tokens");
    }
    if (arguments.has("--skip-bad")) {
      throw ConfigError("data inspect: --skip-bad is for JSON lines, and these are tokens");
    }
    return std::make_unique<TokenCorpus>(path, model);
  }
  if (arguments.has("--verify")) {
    throw ConfigError("data inspect: --verify is for what `roux data tokenize` wrote");
  }
  return std::make_unique<TextCorpus>(
      data::find_json_lines(path), arguments.text("--field", "text"),
      model.empty() ? nullptr : std::shared_ptr<const Tokenizer>(find_tokenizer_of(model)),
      arguments.has("--skip-bad"));
}

// How long documents are. Each length is counted by itself: only long documents have many different
// ones, and of those there are not so many.
class Lengths {
 public:
  void add(std::int64_t length) {
    ++count_;
    sum_ += length;
    least_ = std::min(least_, length);
    most_ = std::max(most_, length);
    ++by_length_[length];
  }

  std::int64_t count() const { return count_; }
  std::int64_t sum() const { return sum_; }

  void print(std::string_view unit) const {
    std::cout << counted(count_, "documents") << ", " << counted(sum_, unit) << '\n';
    if (count_ == 0) return;
    std::cout << unit << " a document: " << with_commas(sum_ / count_) << " on average, "
              << with_commas(least_) << " to " << with_commas(most_) << "; half have at most "
              << with_commas(quantile(0.5)) << ", nine of ten at most "
              << with_commas(quantile(0.9)) << '\n';
    print_histogram();
  }

  // `more`: members besides.
  std::string json(std::string_view unit, const std::string& more) const {
    return cat("{\"documents\": ", count_, ", \"unit\": \"", unit, "\", \"sum\": ", sum_,
               ", \"least\": ", count_ == 0 ? 0 : least_, ", \"most\": ", most_,
               ", \"median\": ", quantile(0.5), ", \"p90\": ", quantile(0.9), more, "}");
  }

 private:
  std::int64_t quantile(double share) const {
    const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count_)));
    std::int64_t seen = 0;
    for (const auto& [length, count] : by_length_) {
      seen += count;
      if (seen >= wanted) return length;
    }
    return 0;
  }

  void print_histogram() const {
    std::map<int, std::int64_t> buckets;  // lengths from 2^k to 2^(k+1) - 1
    for (const auto& [length, count] : by_length_) {
      buckets[length == 0 ? 0 : static_cast<int>(std::log2(static_cast<double>(length)))] += count;
    }
    std::int64_t highest = 0;
    for (const auto& [bucket, count] : buckets) highest = std::max(highest, count);
    Column from{.right = true};
    Column counts{.right = true};
    Column bars;
    for (int bucket = buckets.begin()->first; bucket <= buckets.rbegin()->first; ++bucket) {
      const std::int64_t count = buckets.contains(bucket) ? buckets.at(bucket) : 0;
      from.cells.push_back(cat("  from ", with_commas(std::int64_t{1} << bucket)));
      counts.cells.push_back(with_commas(count));
      bars.cells.push_back(bar(static_cast<double>(count) / static_cast<double>(highest)));
    }
    std::cout << '\n';
    tool::print({from, counts, bars});
  }

  // In eighths of a character.
  static std::string bar(double share) {
    static constexpr std::array<std::string_view, 8> kEighths{"",  "▏", "▎", "▍",
                                                              "▌", "▋", "▊", "▉"};
    const int eighths = static_cast<int>(std::ceil(share * 40 * 8));
    std::string text;
    for (int i = 0; i < eighths / 8; ++i) text += "█";
    return text + std::string(kEighths[static_cast<std::size_t>(eighths % 8)]);
  }

  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t most_ = 0;
  std::map<std::int64_t, std::int64_t> by_length_;
};

void show(Corpus& corpus, const Arguments& arguments) {
  constexpr std::int64_t kLargest = 1'000'000'000'000;
  const std::int64_t wanted = arguments.number("--show", 0, 0, kLargest);
  std::int64_t seen = 0;
  bool found = false;
  corpus.each([&](std::int64_t number, std::int64_t) {
    ++seen;
    found = number == wanted;
    return !found;
  });
  if (seen == 0) throw ConfigError("data inspect: there is no document to --show");
  if (!found) {
    throw ConfigError(cat("data inspect: --show must be less than ", seen,
                          ", the number of documents, but is ", wanted));
  }
  std::cout << corpus.text() << '\n';
}

int inspect(const Arguments& arguments) {
  refuse_together(arguments, "data inspect", "--show", "--json");
  const auto corpus = open(arguments);
  const std::string verified = arguments.has("--verify") ? corpus->verify() : "";
  if (arguments.has("--show")) {
    if (!verified.empty()) std::cerr << "roux: " << verified << '\n';
    show(*corpus, arguments);
    return 0;
  }
  Lengths lengths;
  corpus->each([&](std::int64_t, std::int64_t length) {
    lengths.add(length);
    return true;
  });
  if (arguments.has("--json")) {
    const std::string more =
        cat(arguments.has("--skip-bad") ? cat(", \"broken\": ", corpus->broken()) : "",
            verified.empty() ? "" : ", \"verified\": true");
    std::cout << lengths.json(corpus->unit(), more) << '\n';
  } else {
    if (!verified.empty()) std::cout << verified << '\n';
    lengths.print(corpus->unit());
  }
  if (corpus->broken() > 0) {
    std::cerr << "roux: " << counted(corpus->broken(), "broken lines")
              << (corpus->broken() == 1 ? " was" : " were") << " left out\n";
  }
  return 0;
}

}  // namespace

Command inspect_command() {
  return {
      .name = "inspect",
      .summary = "says how many documents there are and how long they are, and shows any of them",
      .operands = {"PATH"},
      .options = {{.name = "--show", .value = "N", .help = "print document N, from 0, as text"},
                  {.name = "--model",
                   .value = "MODEL",
                   .help = "whose tokenizer: counts texts in its tokens; tokens name their own",
                   .letter = "-m"},
                  {.name = "--field",
                   .value = "NAME",
                   .help = "the member of each JSON object that is the text; text unless given"},
                  {.name = "--skip-bad", .help = "count broken lines, and go on behind them"},
                  {.name = "--verify", .help = "also read all tokens against their checksums"},
                  {.name = "--json", .help = "print one JSON object"}},
      .details =
          "PATH is a folder that `roux data tokenize` wrote, or JSON lines: a file, a "
          "folder, a pattern.\nExit codes: 0 done; 2 the command line is wrong, or nothing is "
          "there; 1 "
          "something is broken.\n",
      .run = inspect};
}

}  // namespace roux::tool
