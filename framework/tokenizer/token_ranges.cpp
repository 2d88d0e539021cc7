#include "tokenizer/token_ranges.h"

#include <algorithm>

namespace roux {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t character_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && !starts_character(text[end])) ++end;
  return end - at;
}

// Follows what the tokens decode to through the text.
class Follower {
 public:
  explicit Follower(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  void jump(std::size_t at) { at_ = at; }

  // The range that the piece stands for; white space may have come or gone.
  TextRange follow(std::string_view piece) {
    // A word whose space is written in front of it has none there if the text has none.
    std::size_t i = 0;
    std::size_t begin = at_;
    bool matched = false;
    while (i < piece.size()) {
      if (at_ < text_.size() && text_[at_] == piece[i]) {
        if (!matched) begin = at_;
        matched = true;
        ++at_;
        ++i;
      } else if (piece[i] == ' ') {
        ++i;
      } else if (at_ < text_.size() && is_space(text_[at_])) {
        ++at_;
      } else if (!resume(piece, i)) {
        break;
      }
    }
    return {begin, std::max(begin, at_)};
  }

 private:
  // The text was changed here. It goes on at the rest of the piece, if that is near, or one
  // character further.
  bool resume(std::string_view piece, std::size_t& i) {
    if (at_ >= text_.size()) return false;
    const std::size_t near = text_.substr(at_, piece.size() + kNear).find(piece.substr(i));
    if (near != std::string_view::npos) {
      at_ += near;
      return true;
    }
    at_ += character_at(text_, at_);
    i += character_at(piece, i);
    return true;
  }

  static constexpr std::size_t kNear = 16;

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<TextRange> token_ranges(const Tokenizer& tokenizer, std::string_view text,
                                    std::span<const TokenId> ids) {
  std::vector<TextRange> ranges(ids.size());
  const auto decoder = tokenizer.streaming_decoder();
  Follower follower(text);
  std::size_t waiting = 0;  // from here on, tokens that have shown no text yet
  const auto settle = [&](std::size_t end, TextRange range) {
    for (; waiting < end; ++waiting) ranges[waiting] = range;
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string piece = decoder->push(ids[i]);
    if (tokenizer.is_special(ids[i])) {
      const std::string token = tokenizer.token(ids[i]).value_or("");
      const std::size_t at = text.find(token, follower.at());
      if (token.empty() || at == std::string_view::npos) {
        ranges[i] = {follower.at(), follower.at()};
        settle(i, ranges[i]);
      } else {
        // What is left before it belongs to the tokens that wait.
        settle(i, {follower.at(), at});
        follower.jump(at + token.size());
        ranges[i] = {at, follower.at()};
      }
      waiting = i + 1;
    } else if (!piece.empty()) {
      // The pieces of one character are all of that character.
      settle(i + 1, follower.follow(piece));
    }
  }
  settle(ids.size(), {follower.at(), text.size()});
  return ranges;
}

std::vector<bool> tokens_in(std::span<const TextRange> tokens, std::span<const TextRange> ranges) {
  std::vector<bool> inside(tokens.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    while (next < ranges.size() && ranges[next].end <= tokens[i].begin) ++next;
    inside[i] = next < ranges.size() && tokens[i].end > ranges[next].begin &&
                tokens[i].begin < tokens[i].end;
  }
  return inside;
}

}  // namespace roux
