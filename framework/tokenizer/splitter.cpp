#include "roux/tokenizer/splitter.h"

#include <array>

#include "roux/base/error.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/known_splitters.h"
#include "tokenizer/regex.h"

namespace roux {
namespace split_patterns {

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTiktokenR50k =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)";
constexpr std::string_view kTiktokenCl100k =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|)"
    R"( ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)";

}  // namespace split_patterns

namespace {

using Contractions = SplitRules::Contractions;

constexpr SplitRules kGpt2Rules{.contractions = Contractions::Lowercase,
                                .word_prefix = SplitRules::Prefix::Space,
                                .max_digits = 0,
                                .line_ends_after_symbols = false,
                                .line_ends_end_space = false};
constexpr SplitRules kLlama3Rules{};
constexpr SplitRules kQwen2Rules{.max_digits = 1};
constexpr SplitRules kO200kRules{.contractions = Contractions::AnyCaseAfterWord,
                                 .cased_words = true,
                                 .slashes_after_symbols = true};
constexpr SplitRules kTekkenRules{.contractions = Contractions::None,
                                  .cased_words = true,
                                  .max_digits = 1,
                                  .slashes_after_symbols = true};
constexpr SplitRules kCl100kRules{.space_at_end_is_whole = true};

template <SplitRules R>
class HandWritten final : public Splitter {
 public:
  using Splitter::split;

  std::size_t split(std::string_view text, std::size_t begin,
                    std::span<std::size_t> ends) const override {
    const char* const end = text.data() + text.size();
    const KnownSplitter<R> splitter(end, table_);
    const char* at = text.data() + begin;
    std::size_t count = 0;
    while (at < end && count < ends.size()) {
      at = splitter.next(at);
      ends[count++] = static_cast<std::size_t>(at - text.data());
    }
    return count;
  }

 private:
  const unicode::Table& table_ = unicode::table();
};

class ByRegex final : public Splitter {
 public:
  using Splitter::split;

  ByRegex(std::string_view pattern, PatternSyntax syntax) : regex_(pattern, syntax) {}

  std::size_t split(std::string_view text, std::size_t begin,
                    std::span<std::size_t> ends) const override {
    std::size_t count = 0;
    while (begin < text.size() && count < ends.size()) {
      const auto match = regex_.find(text, begin);
      // A gap before the match is a piece; the match is found again for the next one.
      const std::size_t end = !match                 ? text.size()
                              : match->begin > begin ? match->begin
                                                     : match->end;
      ends[count++] = begin = end;
      if (match && match->begin == end && count < ends.size()) ends[count++] = begin = match->end;
    }
    return count;
  }

 private:
  Regex regex_;
};

}  // namespace

std::vector<std::string_view> Splitter::split(std::string_view text) const {
  std::vector<std::string_view> pieces;
  std::array<std::size_t, 256> ends{};
  std::size_t begin = 0;
  while (const std::size_t count = split(text, begin, ends)) {
    for (std::size_t i = 0; i < count; ++i) {
      pieces.push_back(text.substr(begin, ends[i] - begin));
      begin = ends[i];
    }
  }
  return pieces;
}

std::unique_ptr<Splitter> make_splitter(std::string_view pattern, PatternSyntax syntax) {
  using namespace split_patterns;
  if (pattern == kGpt2) return std::make_unique<HandWritten<kGpt2Rules>>();
  if (pattern == kLlama3) return std::make_unique<HandWritten<kLlama3Rules>>();
  if (pattern == kQwen2) return std::make_unique<HandWritten<kQwen2Rules>>();
  if (pattern == kO200k) return std::make_unique<HandWritten<kO200kRules>>();
  if (pattern == kTekken) return std::make_unique<HandWritten<kTekkenRules>>();
  // With $ at every line end these mean something else.
  if (syntax == PatternSyntax::Tiktoken) {
    if (pattern == kTiktokenR50k) return std::make_unique<HandWritten<kGpt2Rules>>();
    if (pattern == kTiktokenCl100k) return std::make_unique<HandWritten<kCl100kRules>>();
  }
  return make_regex_splitter(pattern, syntax);
}

std::unique_ptr<Splitter> make_regex_splitter(std::string_view pattern, PatternSyntax syntax) {
  return std::make_unique<ByRegex>(pattern, syntax);
}

}  // namespace roux
