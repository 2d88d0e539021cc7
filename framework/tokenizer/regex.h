#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "roux/tokenizer/splitter.h"

namespace roux {

// A regular expression over UTF-8, compiled to machine code by PCRE2.
//
// Immutable once made; any thread may search.
class Regex {
 public:
  // Throws ConfigError, which names the pattern, if it has no meaning, or may have another one in
  // PCRE2 than in the syntax it is written in.
  Regex(std::string_view pattern, PatternSyntax syntax);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  struct Match {
    std::size_t begin;
    std::size_t end;
  };

  // The first match that is not empty and begins at `from` or later. Requires: valid UTF-8. Throws
  // Error if the pattern takes more steps than any sensible one.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  struct Code;
  std::string pattern_;
  std::unique_ptr<const Code> code_;
};

}  // namespace roux
