#include "roux/tokenizer/sentencepiece.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/plugin.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "tokenizer/sentencepiece_check.h"
#include "tokenizer/sentencepiece_library.h"
#include "tokenizer/utf8_step.h"

namespace roux {
namespace {

using Kind = SentencePieceLibrary::Kind;

// Never unloaded: models may live until the process ends.
SentencePieceMaker find_maker() {
  constexpr const char* kName = "libroux_sentencepiece.so";
  void* const library = open_plugin(kName);
  if (!library) {
    throw Error(cat("SentencePiece models need ", kName,
                    " beside libroux.so, and libsentencepiece.so.0: ", dlerror()));
  }
  void* const maker = dlsym(library, kSentencePieceMaker);
  if (!maker) throw Error(cat(kName, " is of another Roux: it has no ", kSentencePieceMaker));
  return reinterpret_cast<SentencePieceMaker>(maker);
}

std::optional<TokenId> id_or_none(int id) {
  return id < 0 ? std::nullopt : std::optional<TokenId>(id);
}

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::unique_ptr<SentencePieceLibrary> library,
                         const SentencePieceOptions& options)
      : library_(std::move(library)), options_(options) {
    special_ = {id_or_none(library_->bos()), id_or_none(library_->eos()),
                id_or_none(library_->pad()), id_or_none(library_->unk())};
    for (int id = 0; id < library_->size(); ++id) {
      kinds_.push_back(library_->kind(id));
      if (kinds_.back() == Kind::Control) controls_.emplace_back(library_->piece(id), id);
    }
    // Of two that begin alike the longer one is meant.
    std::ranges::stable_sort(controls_, std::ranges::greater(),
                             [](const auto& control) { return control.first.size(); });
  }

  using Tokenizer::encode;
  void encode(std::string_view text, std::vector<TokenId>& ids,
              const EncodeOptions& options) const override {
    if (options.add_special_tokens && options_.add_bos && special_.bos)
      ids.push_back(*special_.bos);
    while (options.parse_special_tokens) {
      const auto [at, control] = find_control(text);
      if (!control) break;
      encode_plain(text.substr(0, at), ids);
      ids.push_back(control->second);
      text.remove_prefix(at + control->first.size());
    }
    encode_plain(text, ids);
    if (options.add_special_tokens && options_.add_eos && special_.eos)
      ids.push_back(*special_.eos);
  }

  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    std::string text;
    std::vector<int> run;
    const auto flush = [&] {
      if (!run.empty()) text += library_->decode(run);
      run.clear();
    };
    for (const TokenId id : ids) {
      check(id);
      if (kind(id) != Kind::Control) {
        run.push_back(id);
      } else if (!options.skip_special_tokens) {
        flush();
        text += library_->piece(id);
      }
    }
    flush();
    return text;
  }

  std::unique_ptr<StreamingDecoder> streaming_decoder(const DecodeOptions& options) const override;

  TokenId size() const override { return static_cast<TokenId>(kinds_.size()); }

  std::optional<std::string> token(TokenId id) const override {
    if (id < 0 || id >= size()) return std::nullopt;
    return library_->piece(id);
  }

  std::optional<TokenId> find(std::string_view token) const override {
    const int id = library_->find(token);  // of the unknown token, for what it does not know
    if (id < 0 || id >= size() || library_->piece(id) != token) return std::nullopt;
    return id;
  }

  bool is_special(TokenId id) const override {
    return id >= 0 && id < size() && kind(id) == Kind::Control;
  }

  const SpecialTokens& special_tokens() const override { return special_; }

  Kind kind(TokenId id) const { return kinds_[static_cast<std::size_t>(id)]; }

  const SentencePieceLibrary& library() const { return *library_; }

  void check(TokenId id) const {
    if (id < 0 || id >= size()) {
      throw DataError(cat("a token id must be from 0 to ", size() - 1, ", but is ", id));
    }
  }

 private:
  using Control = std::pair<std::string, TokenId>;

  // The first control token that stands in `text`, and where.
  std::pair<std::size_t, const Control*> find_control(std::string_view text) const {
    std::size_t first = std::string_view::npos;
    const Control* found = nullptr;
    for (const Control& control : controls_) {
      const std::size_t at = text.find(control.first);
      if (at < first) {
        first = at;
        found = &control;
      }
    }
    return {first, found};
  }

  void encode_plain(std::string_view text, std::vector<TokenId>& ids) const {
    if (text.empty()) return;
    std::vector<int> plain;
    library_->encode(text, plain);
    ids.insert(ids.end(), plain.begin(), plain.end());
  }

  std::unique_ptr<SentencePieceLibrary> library_;
  SentencePieceOptions options_;
  SpecialTokens special_;
  std::vector<Kind> kinds_;  // by id
  std::vector<Control> controls_;
};

// Asks the library for the text of what is new behind the tokens that came before: the first space
// of a text and characters made of several bytes depend on what stands in front.
class Streaming final : public StreamingDecoder {
 public:
  Streaming(const SentencePieceTokenizer& tokenizer, const DecodeOptions& options)
      : tokenizer_(tokenizer), options_(options) {}

  std::string push(TokenId id) override {
    tokenizer_.check(id);
    if (tokenizer_.kind(id) == Kind::Control) {
      if (options_.skip_special_tokens) return "";
      std::string text = finish();
      return text += tokenizer_.library().piece(id);
    }
    window_.push_back(id);
    if (tokenizer_.kind(id) == Kind::Byte) {
      bytes_ += byte_of(tokenizer_.library().piece(id));
      if (ends_inside_a_character(bytes_)) return "";
    }
    return emit();
  }

  std::string finish() override {
    std::string text = bytes_.empty() ? "" : emit();
    window_.clear();
    shown_ = 0;
    return text;
  }

 private:
  static char byte_of(const std::string& piece) {  // "<0x0A>"
    require(piece.size() == 6, "a byte's piece must read <0xHH>");
    unsigned value = 0;
    std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
    return static_cast<char>(value);
  }

  static bool ends_inside_a_character(std::string_view bytes) {
    while (!bytes.empty()) {
      const unicode::Step step = unicode::step(bytes);
      if (step.kind == unicode::Step::Unfinished) return true;
      bytes.remove_prefix(step.size);
    }
    return false;
  }

  std::string emit() {
    bytes_.clear();
    const std::string text = tokenizer_.library().decode(window_);
    std::string added = text.substr(std::min(shown_, text.size()));
    shown_ = text.size();
    // One token with a text of its own is enough to stand for all that came before. (A space has
    // none: where a text begins it is dropped.)
    const std::size_t alone = tokenizer_.library().decode({window_.back()}).size();
    if (alone > 0) {
      window_.erase(window_.begin(), window_.end() - 1);
      shown_ = alone;
    }
    return added;
  }

  const SentencePieceTokenizer& tokenizer_;
  DecodeOptions options_;
  std::vector<int> window_;  // the last token that gave text, and what came since
  std::size_t shown_ = 0;    // bytes of its text that were given out
  std::string bytes_;        // of a character that is not whole yet
};

std::unique_ptr<StreamingDecoder> SentencePieceTokenizer::streaming_decoder(
    const DecodeOptions& options) const {
  return std::make_unique<Streaming>(*this, options);
}

// Where a file is of another kind, the library names the line of its own source that noticed.
std::string_view reason(std::string_view model, std::string_view what) {
  if (model.empty()) return "it is empty";
  return what.find(".cc(") == std::string_view::npos ? what : "it is damaged, or of another kind";
}

}  // namespace

std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& path,
                                              const SentencePieceOptions& options) {
  const SentencePieceMaker make = find_maker();
  const std::string model = read_file(path);
  try {
    check_sentencepiece(model);
    return std::make_unique<SentencePieceTokenizer>(
        std::unique_ptr<SentencePieceLibrary>(make(model)), options);
  } catch (const std::runtime_error& error) {
    throw DataError(cat(path.string(),
                        ": no SentencePiece model, nor another tokenizer that is read: ",
                        reason(model, error.what())));
  }
}

}  // namespace roux
