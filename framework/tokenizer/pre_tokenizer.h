#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/tokenizer/splitter.h"
#include "tokenizer/regex.h"

namespace roux {

// What a text has been cut into so far. A step that changes a piece keeps the new text here.
struct Pieces {
  void change(std::string_view& piece, std::string text) {
    const bool at_start = piece.data() == start;
    piece = changed.emplace_back(std::move(text));
    if (at_start) start = piece.data();
  }

  std::vector<std::string_view> views;
  std::deque<std::string> changed;

  // Where the piece begins that begins where the text does; null if none of this text does.
  const char* start = nullptr;
};

// A step that cuts pieces into smaller ones. Immutable once made; any thread may call any member.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  // Requires: pieces of valid UTF-8, none of them empty, which also holds afterwards.
  virtual void apply(Pieces& pieces) const = 0;
};

// What becomes of a match: a piece, nothing, or a part of the piece before or after it.
enum class SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };

// Cuts at what a pattern matches, or, inverted, at what it leaves between matches.
std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<const Regex> pattern,
                                         SplitBehavior behavior, bool invert);
std::unique_ptr<PreTokenizer> make_split(std::string text, SplitBehavior behavior, bool invert);

// Cuts at characters of a class (of `unicode::Class`).
std::unique_ptr<PreTokenizer> make_class_split(unsigned classes, SplitBehavior behavior);

// Words, and runs of what is neither word nor space; spaces go.
std::unique_ptr<PreTokenizer> make_whitespace();

std::unique_ptr<PreTokenizer> make_isolated(std::unique_ptr<const Splitter> splitter);

// Puts a space in front of pieces that begin with none.
std::unique_ptr<PreTokenizer> make_prefix_space();

enum class PrependScheme { Never, First, Always };

// Spaces as `replacement`, one in front if the scheme says so, and a cut before each if `split`.
std::unique_ptr<PreTokenizer> make_metaspace(std::string replacement, PrependScheme scheme,
                                             bool split);

}  // namespace roux
