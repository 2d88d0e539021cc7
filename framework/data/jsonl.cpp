#include "roux/data/jsonl.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

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

// Where a line stops to be JSON and why, which simdjson doesn't say.
class FirstError final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit FirstError(const std::string& text) { nlohmann::json::sax_parse(text, this); }

  std::size_t offset = 0;
  std::string reason;  // empty: it is JSON

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    offset = position == 0 ? 0 : position - 1;
    // "[…] parse error at line 1, column 9: syntax error while parsing value - REASON; last read:
    // '…'; expected …", where what was read may be long, or no UTF-8.
    const std::string_view all = error.what();
    const std::size_t begin = std::min(all.find(" - "), all.size() - 3) + 3;
    const std::size_t end = std::min(all.find("; last read: '", begin), all.size());
    reason = all.substr(begin, end - begin);
    return false;
  }
};

[[noreturn]] void fail_as_no_json(const Line& line, std::string_view otherwise) {
  if (trim(line.text).empty()) fail_at(line.where, "is empty, and no JSON object");
  const FirstError first(line.text);
  if (first.reason.empty()) fail_at(line.where, cat("is no JSON object: ", otherwise));
  fail_at(line.where, cat("is no JSON at byte ", first.offset, " of the line: ", first.reason));
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
      fail_as_no_json(line_, cat("it is ", name_of(type)));
    }
    ondemand::object object;
    check(document.get_object().get(object));
    walk(object, 0);
    // Where all was read there is no place to stand at.
    const char* behind = nullptr;
    if (document.current_location().get(behind) == simdjson::SUCCESS) {
      fail_as_no_json(line_, "something follows it");
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
      fail_as_no_json(line_, "an escape in it means nothing");
    }
  }

  [[noreturn]] void fail_without(std::size_t level, const Names& others) {
    const std::size_t shown = std::min(others.count, others.first.size());
    const std::vector<std::string> names(others.first.begin(), others.first.begin() + shown);
    fail_at(line_.where,
            cat("has no ", path(level), did_you_mean(keys_[level], names),
                names.empty() ? ", and nothing else" : "; there is ",
                visible(join(names, ", "), ""),
                shown < others.count ? cat(" and ", others.count - shown, " more") : ""));
  }

  void check(simdjson::error_code error) const {
    if (error != simdjson::SUCCESS) fail_as_no_json(line_, simdjson::error_message(error));
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
