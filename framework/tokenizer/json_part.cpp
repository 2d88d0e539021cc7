#include "tokenizer/json_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// Where a text stops to be JSON, which simdjson doesn't say.
class ErrorPlace final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::size_t offset = 0;

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
                   const nlohmann::detail::exception&) override {
    offset = position;
    return false;
  }
};

std::string excerpt(simdjson::dom::element element) {
  constexpr std::size_t kLongest = 60;
  if (element.is_object()) return "an object";
  if (element.is_array()) return "a list";
  std::string text = simdjson::to_string(element);
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while ((text[end] & 0xc0) == 0x80) --end;  // not within a character
    text = text.substr(0, end) + "…";
  }
  return text;
}

}  // namespace

void JsonPart::must_be(std::string_view rule) const {
  fail(cat("must be ", rule, ", but is ", excerpt(element_)));
}

void JsonPart::fail(std::string_view what) const {
  throw DataError(cat(*file_, ": ", path_.empty() ? "the document" : path_, " ", what));
}

std::optional<JsonPart> JsonPart::find(std::string_view key) const {
  if (!element_.is_object()) must_be("an object");
  simdjson::dom::element member;
  if (element_[key].get(member) != simdjson::SUCCESS || member.is_null()) return std::nullopt;
  return child(path_.empty() ? std::string(key) : cat(path_, '.', key), member);
}

JsonPart JsonPart::at(std::string_view key) const {
  auto member = find(key);
  if (!member) fail(cat("has no \"", key, "\""));
  return *std::move(member);
}

std::string_view JsonPart::text() const {
  std::string_view value;
  if (element_.get(value) != simdjson::SUCCESS) must_be("a text");
  return value;
}

bool JsonPart::flag(std::string_view key, bool otherwise) const {
  const auto member = find(key);
  if (!member) return otherwise;
  bool value = false;
  if (member->element_.get(value) != simdjson::SUCCESS) member->must_be("true or false");
  return value;
}

std::int64_t JsonPart::integer() const {
  std::int64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS) must_be("an integer");
  return value;
}

std::vector<JsonPart> JsonPart::items() const {
  simdjson::dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) must_be("a list");
  std::vector<JsonPart> parts;
  for (const simdjson::dom::element element : array) {
    parts.push_back(child(cat(path_, '[', parts.size(), ']'), element));
  }
  return parts;
}

void JsonPart::allow_only(std::initializer_list<std::string_view> keys) const {
  simdjson::dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) must_be("an object");
  for (const auto member : object) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    fail(cat("has \"", member.key, "\", which is not supported; known are ", join(known, ", ")));
  }
}

JsonFile::JsonFile(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  simdjson::dom::element element;
  simdjson::error_code error = parser_.parse(text).get(element);
  if (error != simdjson::SUCCESS) {
    // transformers writes lengths such as 10^30, which simdjson has no type for: as floating point
    // they are numbers like others.
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_discarded()) error = parser_.parse(json.dump()).get(element);
  }
  if (error != simdjson::SUCCESS) {
    ErrorPlace place;
    nlohmann::json::sax_parse(text, &place);
    throw DataError(cat(path.string(), ": is no JSON at byte ", place.offset, ": ",
                        simdjson::error_message(error)));
  }
  root_.emplace(std::make_shared<const std::string>(path.string()), "", element);
}

}  // namespace roux
