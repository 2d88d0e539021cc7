#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tokenizer/unicode.h"

namespace roux {
namespace {

std::size_t without_trailing_space(std::string_view text) {
  while (!text.empty() && (unicode::last_classes(text) & unicode::kSpace)) {
    const char* end = text.data() + text.size();
    text.remove_suffix(static_cast<std::size_t>(end - unicode::previous(text.data(), end)));
  }
  return text.size();
}

std::size_t leading_space(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && (unicode::first_classes(text.substr(size)) & unicode::kSpace)) {
    size += unicode::read(text.data() + size).size;
  }
  return size;
}

bool ends_with_word(std::string_view text) {
  return !text.empty() && (unicode::last_classes(text) & unicode::kWord);
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && (unicode::first_classes(text) & unicode::kWord);
}

}  // namespace

void TextMatcher::add(std::string_view text) {
  const auto which = static_cast<std::uint32_t>(num_texts_++);
  if (text.empty()) return;
  if (nodes_.empty()) nodes_.emplace_back();
  std::uint32_t at = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    auto& next = nodes_[at].next;
    const auto place = std::lower_bound(next.begin(), next.end(), std::pair(byte, 0U));
    if (place != next.end() && place->first == byte) {
      at = place->second;
      continue;
    }
    const auto made = static_cast<std::uint32_t>(nodes_.size());
    next.insert(place, {byte, made});
    if (at == 0) {
      first_[byte] = made;
      first_bytes_.push_back(byte);
    }
    nodes_.emplace_back();
    at = made;
  }
  nodes_[at].ends = which;
}

std::optional<TextMatcher::Match> TextMatcher::find(std::string_view text, std::size_t from) const {
  if (nodes_.empty()) return std::nullopt;
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (first_bytes_.size() == 1) {  // "<" in most families
      const void* found = std::memchr(text.data() + begin, first_bytes_[0], text.size() - begin);
      if (found == nullptr) return std::nullopt;
      begin = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    }
    std::uint32_t at = first_[static_cast<unsigned char>(text[begin])];
    if (at == 0) continue;
    std::optional<Match> longest;
    for (std::size_t end = begin + 1;; ++end) {
      const Node& node = nodes_[at];
      if (node.ends != kNone) longest = Match{begin, end, node.ends};
      if (end == text.size()) break;
      const auto byte = static_cast<unsigned char>(text[end]);
      const auto next = std::lower_bound(node.next.begin(), node.next.end(), std::pair(byte, 0U));
      if (next == node.next.end() || next->first != byte) break;
      at = next->second;
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

void AddedTokens::add(AddedToken token) {
  matcher_.add(token.text);
  tokens_.push_back(std::move(token));
}

void AddedTokens::add(AddedToken token, std::string_view sought) {
  matcher_.add(sought);
  tokens_.push_back(std::move(token));
}

std::optional<TextMatcher::Match> AddedTokens::next(std::string_view text, std::size_t& from,
                                                    std::size_t done, bool parse_special) const {
  while (auto match = matcher_.find(text, from)) {
    from = match->end;  // also if it is passed over: what lies inside it is not sought again
    const AddedToken& token = tokens_[match->which];
    if (token.special && !parse_special) continue;
    const std::string_view before = text.substr(0, match->begin);
    const std::string_view after = text.substr(match->end);
    if (token.single_word && (ends_with_word(before) || starts_with_word(after))) continue;
    // What the token before has taken stays its own.
    if (token.lstrip) match->begin = std::max(without_trailing_space(before), done);
    if (token.rstrip) match->end += leading_space(after);
    return match;
  }
  return std::nullopt;
}

}  // namespace roux
