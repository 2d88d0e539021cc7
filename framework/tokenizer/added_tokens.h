#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// A token that is found in the text itself, before the model sees it.
struct AddedToken {
  std::string text;
  TokenId id = 0;
  bool single_word = false;  // only where no word goes on before or after it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // and after it
  bool normalized = false;   // sought in the normalized text, else in the text as it came
  bool special = false;
};

// Finds the longest of some texts at a place.
class TextMatcher {
 public:
  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t which = 0;  // in the order of add()
  };

  void add(std::string_view text);

  bool empty() const { return nodes_.empty(); }

  // The first place from `from` on where one of them stands, and the longest that does.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Node {
    std::vector<std::pair<unsigned char, std::uint32_t>> next;
    std::uint32_t ends = kNone;  // the text that ends here
  };

  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> first_{};  // the node after the first byte; 0: none
  std::vector<unsigned char> first_bytes_;
  std::size_t num_texts_ = 0;
};

// The tokens that one pass over a text looks for: `on_text` gets what lies between them, `on_token`
// their ids, in the order of the text.
class AddedTokens {
 public:
  void add(AddedToken token);

  // Under which spelling a token is sought, which differs from its text once it is normalized.
  void add(AddedToken token, std::string_view sought);

  bool empty() const { return tokens_.empty(); }
  const std::vector<AddedToken>& tokens() const { return tokens_; }

  // The second argument of `on_text` is where the piece begins. Without `parse_special`, special
  // tokens are text.
  template <typename OnText, typename OnToken>
  void split(std::string_view text, bool parse_special, OnText on_text, OnToken on_token) const {
    std::size_t done = 0;
    std::size_t from = 0;
    while (const auto found = next(text, from, done, parse_special)) {
      if (done < found->begin) on_text(text.substr(done, found->begin - done), done);
      on_token(tokens_[found->which].id);
      done = found->end;
    }
    if (done < text.size()) on_text(text.substr(done), done);
  }

 private:
  // The next token's place, with the spaces that it takes; `from` becomes where to look from then.
  std::optional<TextMatcher::Match> next(std::string_view text, std::size_t& from, std::size_t done,
                                         bool parse_special) const;

  std::vector<AddedToken> tokens_;
  TextMatcher matcher_;
};

}  // namespace roux
