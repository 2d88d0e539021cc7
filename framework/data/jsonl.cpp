#include "roux/data/jsonl.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <span>

#include "data/json_error.h"
#include "data/json_string.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/visible.h"

namespace roux::data {
namespace {

namespace ondemand = simdjson::ondemand;

// What a thread keeps from line to line. A parser needs several bytes for each byte of its longest
// line: what a giant one took is given back.
class Parser {
 public:
  static Parser& of_this_thread() {
    thread_local Parser parser;
    return parser;
  }

  // Valid until the next call.
  simdjson::error_code parse(const std::string& text, ondemand::document& document) {
    constexpr std::size_t kKept = std::size_t{16} << 20;
    constexpr std::size_t kLeast = std::size_t{64} << 10;
    if (parser_.capacity() > kKept && text.size() <= kKept) parser_ = ondemand::parser();
    if (parser_.capacity() < text.size() || parser_.capacity() == 0) {
      const std::size_t capacity = std::max({kLeast, text.size(), 2 * parser_.capacity()});
      if (const auto error = parser_.allocate(capacity)) return error;
    }
    const std::string* padded = &text;
    if (text.capacity() - text.size() < simdjson::SIMDJSON_PADDING) {
      copy_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
      copy_ = text;
      padded = &copy_;
    }
    return parser_.iterate(padded->data(), padded->size(), padded->capacity()).get(document);
  }

 private:
  ondemand::parser parser_;
  std::string copy_;
};
static_assert(kLinePadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

[[noreturn]] void fail_as_no_json(const Line& line, std::span<const std::string> keys,
                                  std::string_view otherwise) {
  if (line.where.index == 0 && line.where.begin == 0) {
    if (const std::string_view format = other_format(line.text); !format.empty()) {
      fail_at(line.where, cat("this is ", format,
                              ", and JSON lines are what is read: an object in "
                              "each line, in UTF-8, plain or compressed by gzip or zstd"));
    }
  }
  if (trim(line.text).empty()) fail_at(line.where, "is empty, and no JSON object");
  if (line.text.starts_with(kByteOrderMark)) {
    fail_at(line.where,
            "begins with a byte order mark, which may only stand at the start of a file: these "
            "are several files in one");
  }
  const JsonError error = find_json_error(line.text, keys);
  if (error.reason.empty()) fail_at(line.where, cat("is no JSON object: ", otherwise));
  fail_at(line.where, cat("is no JSON at byte ", error.offset, " of the line: ", error.reason));
}

// A member's name may be a whole text.
std::string short_name(std::string_view name) {
  constexpr std::size_t kMost = 100;
  if (name.size() <= kMost) return std::string(name);
  std::size_t size = kMost;
  while ((static_cast<unsigned char>(name[size]) & 0xc0) == 0x80) --size;
  return cat(name.substr(0, size), "…");
}

std::string_view name_of(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::array:
      return "a list";
    case ondemand::json_type::object:
      return "an object";
    case ondemand::json_type::number:
      return "a number";
    case ondemand::json_type::string:
      return "a string";
    case ondemand::json_type::boolean:
      return "true or false";
    case ondemand::json_type::null:
      return "null";
  }
  return "";
}

// One walk over a line.
class Walk {
 public:
  Walk(const Line& line, std::span<const std::string> keys, std::string& text)
      : line_(line), keys_(keys), text_(text) {}

  void run() {
    ondemand::document document;
    check(Parser::of_this_thread().parse(line_.text, document));
    ondemand::json_type type{};
    check(document.type().get(type));
    if (type != ondemand::json_type::object) {
      fail_as_no_json(line_, keys_, cat("it is ", name_of(type)));
    }
    ondemand::object object;
    check(document.get_object().get(object));
    walk(object, 0);
    // Where all was read there is no place to stand at.
    const char* behind = nullptr;
    if (document.current_location().get(behind) == simdjson::SUCCESS) {
      fail_as_no_json(line_, keys_, "something follows it");
    }
  }

 private:
  // Of an object's members, for the message.
  struct Names {
    std::array<std::string_view, 20> first;
    std::size_t count = 0;
  };

  void walk(ondemand::object& object, std::size_t level) {
    bool found = false;
    Names others;
    for (auto each : object) {
      ondemand::field field;
      check(std::move(each).get(field));
      std::string_view name;
      check(field.unescaped_key().get(name));
      if (name != keys_[level]) {
        if (others.count < others.first.size()) others.first[others.count] = name;
        ++others.count;
        continue;
      }
      if (std::exchange(found, true)) fail_at(line_.where, cat("has ", path(level), " twice"));
      take(field.value(), level);
    }
    if (!found) fail_without(level, others);
  }

  void take(ondemand::value& value, std::size_t level) {
    ondemand::json_type type{};
    check(value.type().get(type));
    const bool last = level + 1 == keys_.size();
    if (type != (last ? ondemand::json_type::string : ondemand::json_type::object)) {
      fail_at(line_.where, cat(path(level), " must be ", last ? "a string" : "an object",
                               ", but is ", name_of(type)));
    }
    if (last) {
      take_text(value.raw_json_token());
    } else {
      ondemand::object object;
      check(value.get_object().get(object));
      walk(object, level + 1);
    }
  }

  // The token goes on to the next one. simdjson would unescape into a buffer of its own, and with
  // the instructions that all machines have.
  void take_text(std::string_view token) {
    token = trim(token);
    text_.clear();
    if (append_json_string(token.substr(1, token.size() - 2), text_) != nullptr) {
      fail_as_no_json(line_, keys_, "an escape in it means nothing");
    }
  }

  [[noreturn]] void fail_without(std::size_t level, const Names& others) {
    const std::size_t shown = std::min(others.count, others.first.size());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < shown; ++i) names.push_back(short_name(others.first[i]));
    fail_at(
        line_.where,
        cat("has no ", path(level), did_you_mean(keys_[level], names),
            names.empty() ? ", and nothing else" : "; there is ", visible(join(names, ", "), ""),
            shown < others.count ? cat(" and ", others.count - shown, " more") : ""));
  }

  void check(simdjson::error_code error) const {
    if (error != simdjson::SUCCESS) fail_as_no_json(line_, keys_, simdjson::error_message(error));
  }

  std::string path(std::size_t level) const {
    return cat('"', join(keys_.first(level + 1), "."), '"');
  }

  const Line& line_;
  std::span<const std::string> keys_;
  std::string& text_;
};

}  // namespace

JsonText::JsonText(std::string_view field) : keys_(split(field, '.')) {
  if (std::find(keys_.begin(), keys_.end(), "") != keys_.end()) {
    throw ConfigError(cat(
        "a field of a JSON object must be a name, or names joined by dots, but is \"", field, '"'));
  }
}

std::string JsonText::operator()(const Line& line) const {
  std::string text;
  read(line, text);
  return text;
}

void JsonText::read(const Line& line, std::string& text) const {
  Walk(line, keys_, text).run();
}

}  // namespace roux::data
