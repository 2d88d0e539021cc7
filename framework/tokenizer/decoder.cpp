#include "tokenizer/decoder.h"

#include <utility>

#include "roux/tokenizer/utf8.h"
#include "tokenizer/utf8_step.h"

namespace roux {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte that "<0x0A>" stands for, -1 for any other token.
std::int16_t byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const int high = hex(token[3]);
  const int low = hex(token[4]);
  return static_cast<std::int16_t>(high < 0 || low < 0 ? -1 : high * 16 + low);
}

// What a run of byte tokens says.
void append_bytes(std::string_view bytes, std::string& text) {
  if (is_valid_utf8(bytes)) {
    text += bytes;
  } else {
    for (std::size_t i = 0; i < bytes.size(); ++i) text += kReplacement;
  }
}

}  // namespace

Decoder::Decoder(const Vocabulary& vocabulary, DecodeRules rules) : rules_(std::move(rules)) {
  const TokenId size = vocabulary.size();
  offsets_.reserve(static_cast<std::size_t>(size) + 1);
  if (rules_.byte_fallback) byte_of_.resize(static_cast<std::size_t>(size), -1);
  if (rules_.first_differs) first_spelling_.resize(static_cast<std::size_t>(size));
  for (TokenId id = 0; id < size; ++id) {
    offsets_.push_back(static_cast<std::uint32_t>(arena_.size()));
    if (!vocabulary.has(id)) continue;
    const auto instead = rules_.instead.find(id);
    const bool replaced = instead != rules_.instead.end();
    if (rules_.bytes) {
      arena_ += replaced ? std::string_view(instead->second) : vocabulary.text(id);
      continue;
    }
    const auto at = static_cast<std::size_t>(id);
    std::string token = replaced ? instead->second : vocabulary.spelled(id);
    if (rules_.first_differs) first_spelling_[at] = token;
    for (const auto& step : rules_.steps) token = step(std::move(token), false);
    if (rules_.byte_fallback) byte_of_[at] = byte_of(token);
    arena_ += token;
  }
  offsets_.push_back(static_cast<std::uint32_t>(arena_.size()));
}

std::string Decoder::first_piece(TokenId id) const {
  if (!rules_.first_differs) return std::string(piece(id));
  std::string token = first_spelling_[static_cast<std::size_t>(id)];
  for (const auto& step : rules_.steps) token = step(std::move(token), true);
  return token;
}

void Decoder::decode(std::span<const TokenId> ids, std::string& text) const {
  if (!rules_.bytes) {
    Stream stream(*this);
    for (const TokenId id : ids) text += stream.push(id);
    text += stream.finish();
    return;
  }
  std::size_t size = 0;
  for (const TokenId id : ids) size += piece(id).size();
  const std::size_t before = text.size();
  text.resize(before + size);
  char* out = text.data() + before;
  for (const TokenId id : ids) {
    const std::string_view bytes = piece(id);
    bytes.copy(out, bytes.size());
    out += bytes.size();
  }
  const std::string_view joined = std::string_view(text).substr(before);
  if (!is_valid_utf8(joined)) text.replace(before, size, replace_invalid_utf8(joined));
}

std::string Decoder::Stream::push(TokenId id) {
  const DecodeRules& rules = decoder_.rules_;
  const bool first = std::exchange(first_, false);
  if (rules.bytes) {
    bytes_ += decoder_.piece(id);
    std::string_view rest = bytes_;
    while (!rest.empty()) {
      const unicode::Step step = unicode::step(rest);
      if (step.kind == unicode::Step::Unfinished) break;
      text_ += step.kind == unicode::Step::Broken ? kReplacement : rest.substr(0, step.size);
      rest.remove_prefix(step.size);
    }
    bytes_.erase(0, bytes_.size() - rest.size());
    return std::exchange(text_, {});
  }

  if (!first) add_text(rules.separator);
  if (rules.byte_fallback) {
    const std::int16_t byte = decoder_.byte_of_[static_cast<std::size_t>(id)];
    if (byte >= 0) {
      bytes_ += static_cast<char>(byte);
      return take(false);
    }
    end_bytes();
  }
  if (first) {
    add_text(decoder_.first_piece(id));
  } else {
    add_text(decoder_.piece(id));
  }
  return take(false);
}

std::string Decoder::Stream::finish() {
  if (decoder_.rules_.bytes) {
    if (!bytes_.empty()) text_ += kReplacement;
    bytes_.clear();
  } else {
    end_bytes();
  }
  return take(true);
}

void Decoder::Stream::end_bytes() {
  if (bytes_.empty()) return;
  std::string text;
  append_bytes(bytes_, text);
  bytes_.clear();
  add_text(text);
}

// What is stripped from the start is taken away before it is kept.
void Decoder::Stream::add_text(std::string_view text) {
  if (const auto& strip = decoder_.rules_.strip; strip && !started_) {
    while (stripped_at_start_ < strip->at_start && text.starts_with(strip->character)) {
      text.remove_prefix(strip->character.size());
      ++stripped_at_start_;
    }
    started_ = !text.empty() || stripped_at_start_ == strip->at_start;
  }
  text_ += text;
}

// What may be stripped from the end stays here until more comes or nothing does.
std::string Decoder::Stream::take(bool finished) {
  const auto& strip = decoder_.rules_.strip;
  if (!strip || strip->at_end == 0) return std::exchange(text_, {});
  std::size_t kept = text_.size();
  for (std::size_t i = 0; i < strip->at_end; ++i) {
    if (!std::string_view(text_).substr(0, kept).ends_with(strip->character)) break;
    kept -= strip->character.size();
  }
  std::string given = text_.substr(0, kept);
  text_.erase(0, finished ? text_.size() : kept);
  return given;
}

}  // namespace roux
