#include "documents.h"

#include <nlohmann/json.hpp>

#include "roux/base/error.h"

namespace roux::tool {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

nlohmann::json parse(std::string_view line, const std::string& place, std::string_view wanted) {
  auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw DataError(cat(place, ": is no JSON: it must be ", wanted));
  return json;
}

TokenId id_of(const nlohmann::json& value, const std::string& place, std::int64_t vocab_size) {
  if (!value.is_number_integer()) {
    throw DataError(cat(place, ": must be a list of ids, but holds ", value.dump()));
  }
  const auto id = value.get<std::int64_t>();
  if (id < 0 || id >= vocab_size) {
    throw DataError(
        cat(place, ": an id must be from 0 to ", vocab_size - 1, ", but is ", value.dump()));
  }
  return static_cast<TokenId>(id);
}

}  // namespace

Document read_text(std::string_view line, const std::string& place, const std::string& field,
                   const Tokenizer& tokenizer) {
  if (is_blank(line)) return {{}, place};
  const std::string wanted = cat("a string, or an object with one in its field \"", field, '"');
  const nlohmann::json json = parse(line, place, wanted);
  if (json.is_string()) return {tokenizer.encode(json.get_ref<const std::string&>()), place};
  if (!json.is_object()) throw DataError(cat(place, ": must be ", wanted));
  const auto text = json.find(field);
  if (text == json.end()) {
    throw DataError(cat(place, ": has no field \"", field, "\" (--field names another)"));
  }
  if (!text->is_string()) {
    throw DataError(cat(place, ": must have a string in its field \"", field, '"'));
  }
  return {tokenizer.encode(text->get_ref<const std::string&>()), place};
}

Document read_ids(std::string_view line, const std::string& place, std::int64_t vocab_size) {
  constexpr std::string_view kWanted = "a list of ids, such as [5, 17, 3]";
  Document document{{}, place};
  if (is_blank(line)) return document;
  const nlohmann::json json = parse(line, place, kWanted);
  if (!json.is_array()) throw DataError(cat(place, ": must be ", kWanted));
  for (const auto& value : json) document.ids.push_back(id_of(value, place, vocab_size));
  return document;
}

}  // namespace roux::tool
