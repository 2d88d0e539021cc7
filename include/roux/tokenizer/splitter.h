#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// Cuts text into the pieces within which a byte-pair encoding may merge.
//
// What its pattern matches is a piece, and so is what lies between two matches: the pieces laid end
// to end are the text. Immutable once made; any thread may call any member.
class Splitter {
 public:
  virtual ~Splitter() = default;

  // Fills `ends` with where the pieces from `begin` on end, as many as fit, and returns how many
  // there are: none once `begin` is text.size(). Go on from the last end that came.
  //
  // `begin` is 0 or an end that came before. Requires: `text` is valid UTF-8 (utf8.h).
  virtual std::size_t split(std::string_view text, std::size_t begin,
                            std::span<std::size_t> ends) const = 0;

  // The same at once, as views into `text`.
  std::vector<std::string_view> split(std::string_view text) const;
};

// The patterns of the families, as their tokenizer.json files spell them.
namespace split_patterns {

extern const std::string_view kGpt2;
extern const std::string_view kLlama3;  // also OLMo 2's
extern const std::string_view kQwen2;   // also Qwen 3's
extern const std::string_view kO200k;   // GPT-4o's
extern const std::string_view kTekken;  // Mistral's since Nemo

// As the tiktoken library has them; they differ at white space that ends a text.
extern const std::string_view kTiktokenR50k;
extern const std::string_view kTiktokenCl100k;

}  // namespace split_patterns

enum class PatternSyntax {
  Oniguruma,  // of a tokenizer.json: ^ and $ match at each line
  Tiktoken,   // ^ and $ match at the text's ends
};

// Hand-written code for the patterns above, PCRE2 for every other. Throws ConfigError, which names
// the pattern, if it is no regular expression, or one whose meaning PCRE2 does not share.
std::unique_ptr<Splitter> make_splitter(std::string_view pattern,
                                        PatternSyntax syntax = PatternSyntax::Oniguruma);

// PCRE2 also for the patterns above: what the hand-written ones are held to.
std::unique_ptr<Splitter> make_regex_splitter(std::string_view pattern,
                                              PatternSyntax syntax = PatternSyntax::Oniguruma);

}  // namespace roux
