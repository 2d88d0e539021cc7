#include "json_text.h"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "roux/base/error.h"
#include "roux/tokenizer/utf8.h"

namespace roux::tool {
namespace {

constexpr std::string_view kSpaces = " \t\r";

class IdList {
 public:
  explicit IdList(std::string_view json) : json_(json) {}

  void parse(std::vector<TokenId>& ids) {
    take('[', "'['");
    skip_spaces();
    if (peek() != ']') {
      for (;;) {
        ids.push_back(number());
        skip_spaces();
        if (peek() != ',') break;
        ++at_;
      }
    }
    take(']', "',' or ']'");
    skip_spaces();
    if (at_ != json_.size()) fail("nothing after the list");
  }

 private:
  char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  void skip_spaces() {
    while (at_ < json_.size() && kSpaces.find(json_[at_]) != std::string_view::npos) ++at_;
  }

  void take(char wanted, std::string_view name) {
    skip_spaces();
    if (at_ == json_.size() || json_[at_] != wanted) fail(name);
    ++at_;
  }

  TokenId number() {
    skip_spaces();
    TokenId id = 0;
    const auto [end, error] = std::from_chars(json_.data() + at_, json_.data() + json_.size(), id);
    if (error != std::errc()) fail("a token id");
    at_ = static_cast<std::size_t>(end - json_.data());
    return id;
  }

  [[noreturn]] void fail(std::string_view wanted) const {
    throw DataError(cat("must be a JSON list of token ids, but column ", at_ + 1, " has ",
                        at_ < json_.size() ? "something else" : "the end", " where ", wanted,
                        " should be"));
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

}  // namespace

void append_json(std::string_view text, std::string& out) {
  std::string valid;
  if (!is_valid_utf8(text)) {
    valid = replace_invalid_utf8(text);
    text = valid;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xfU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json(std::span<const TokenId> ids, std::string& out) {
  out += '[';
  std::array<char, 16> digits{};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), ids[i]);
    out.append(digits.data(), end);
  }
  out += ']';
}

void parse_ids(std::string_view json, std::vector<TokenId>& ids) {
  IdList(json).parse(ids);
}

std::string parse_text(std::string_view json, std::string_view field) {
  // Not simdjson's on-demand parser: that one takes the slowest code unless compiled for one CPU.
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (const auto error = parser.parse(json.data(), json.size()).get(value)) {
    throw DataError(cat("is not JSON: ", simdjson::error_message(error)));
  }
  std::string_view text;
  if (value.is_object()) {
    const auto error = value[field].get_string().get(text);
    if (error == simdjson::NO_SUCH_FIELD) {
      throw DataError(cat("has no field \"", field, "\" (--field names another)"));
    }
    if (error) throw DataError(cat("must have a string in its field \"", field, "\""));
  } else if (value.get_string().get(text)) {
    throw DataError(
        cat("must be a JSON string, or an object with one in its field \"", field, "\""));
  }
  return std::string(text);
}

}  // namespace roux::tool
