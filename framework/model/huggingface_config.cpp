#include "model/huggingface_config.h"

#include <utility>

#include "roux/base/error.h"

namespace roux {
namespace {

// A value as an error shows it: one that is long is cut, what holds others is named.
std::string shown(const nlohmann::json* value) {
  constexpr std::size_t kLongest = 60;
  if (value == nullptr) return "missing";
  if (value->is_array()) return "a list";
  if (value->is_object()) return "a table";
  std::string text = value->dump();
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while ((text[end] & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

// JSON's numbers have no bounds; ours have.
bool is_integer(const nlohmann::json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= INT64_MAX;
  return value.is_number_integer();
}

}  // namespace

HuggingFaceConfig::HuggingFaceConfig(const std::string& text, std::filesystem::path file)
    : file_(std::move(file)) {
  try {
    json_ = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(cat(file_.string(), ": no JSON at byte ", error.byte));
  } catch (const nlohmann::json::out_of_range&) {
    throw DataError(cat(file_.string(), ": holds a number that is too large to be read"));
  }
  if (!json_.is_object()) throw DataError(cat(file_.string(), ": must be a JSON object"));
}

HuggingFaceConfig::HuggingFaceConfig(nlohmann::json json, std::filesystem::path file,
                                     std::string path)
    : json_(std::move(json)), file_(std::move(file)), path_(std::move(path)) {}

std::string HuggingFaceConfig::named(std::string_view key) const {
  return cat('"', path_, key, '"');
}

void HuggingFaceConfig::fail(std::string_view key, std::string_view what) const {
  throw DataError(cat(file_.string(), ": ", named(key), ' ', what));
}

void HuggingFaceConfig::refuse(std::string_view key, std::string_view rule) const {
  fail(key, cat(rule, ", but is ", is_null(key) ? "null" : shown(find(key))));
}

const nlohmann::json* HuggingFaceConfig::find(std::string_view key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool HuggingFaceConfig::is_null(std::string_view key) const {
  const auto found = json_.find(key);
  return found != json_.end() && found->is_null();
}

std::int64_t HuggingFaceConfig::integer(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr || !is_integer(*value)) refuse(key, "must be an integer");
  return value->get<std::int64_t>();
}

std::int64_t HuggingFaceConfig::integer(std::string_view key, std::int64_t missing) const {
  return has(key) ? integer(key) : missing;
}

std::optional<std::int64_t> HuggingFaceConfig::maybe_integer(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return integer(key);
}

double HuggingFaceConfig::number(std::string_view key, double missing) const {
  return maybe_number(key).value_or(missing);
}

std::optional<double> HuggingFaceConfig::maybe_number(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse(key, "must be a number");
  return value->get<double>();
}

bool HuggingFaceConfig::boolean(std::string_view key, bool missing) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_boolean()) refuse(key, "must be true or false");
  return value->get<bool>();
}

std::string HuggingFaceConfig::text(std::string_view key, const std::string& missing) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_string()) refuse(key, "must be a string");
  return value->get<std::string>();
}

template <typename T>
std::vector<T> HuggingFaceConfig::list(std::string_view key, bool (*fits)(const nlohmann::json&),
                                       std::string_view rule) const {
  std::vector<T> all;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return all;
  if (!value->is_array()) refuse(key, rule);
  for (const nlohmann::json& each : *value) {
    if (!fits(each)) fail(key, cat(rule, ", but holds ", shown(&each)));
    all.push_back(each.get<T>());
  }
  return all;
}

std::vector<std::string> HuggingFaceConfig::texts(std::string_view key) const {
  return list<std::string>(
      key, [](const nlohmann::json& each) { return each.is_string(); },
      "must be a list of strings");
}

std::vector<std::int64_t> HuggingFaceConfig::integers(std::string_view key) const {
  return list<std::int64_t>(key, is_integer, "must be a list of integers");
}

std::vector<double> HuggingFaceConfig::numbers(std::string_view key) const {
  return list<double>(
      key, [](const nlohmann::json& each) { return each.is_number(); },
      "must be a list of numbers");
}

std::optional<HuggingFaceConfig> HuggingFaceConfig::table(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) refuse(key, "must be a table");
  return HuggingFaceConfig(*value, file_, cat(path_, key, '.'));
}

HuggingFaceConfig HuggingFaceConfig::with_defaults(const nlohmann::json& defaults) const {
  HuggingFaceConfig whole = *this;
  for (const auto& [key, value] : defaults.items()) {
    if (!has(key)) whole.json_[key] = value;
  }
  return whole;
}

}  // namespace roux
