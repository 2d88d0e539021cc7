#include "model/huggingface_config.h"

#include <utility>

#include "roux/base/error.h"

namespace roux {

HuggingFaceConfig::HuggingFaceConfig(const std::string& text, std::filesystem::path file)
    : file_(std::move(file)) {
  try {
    json_ = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(cat(file_.string(), ": no JSON at byte ", error.byte));
  }
  if (!json_.is_object()) throw DataError(cat(file_.string(), ": must be a JSON object"));
}

HuggingFaceConfig::HuggingFaceConfig(nlohmann::json json, std::filesystem::path file,
                                     std::string path)
    : json_(std::move(json)), file_(std::move(file)), path_(std::move(path)) {}

void HuggingFaceConfig::refuse(std::string_view key, std::string_view what) const {
  throw DataError(cat(file_.string(), ": ", path_, key, ": ", what));
}

const nlohmann::json* HuggingFaceConfig::find(std::string_view key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool HuggingFaceConfig::is_null(std::string_view key) const {
  const auto found = json_.find(key);
  return found != json_.end() && found->is_null();
}

const nlohmann::json& HuggingFaceConfig::expect(std::string_view key) const {
  const nlohmann::json* found = find(key);
  if (found == nullptr) refuse(key, "needs to be there");
  return *found;
}

std::int64_t HuggingFaceConfig::integer(std::string_view key) const {
  const nlohmann::json& value = expect(key);
  if (!value.is_number_integer()) refuse(key, cat("must be an integer, but is ", value.dump()));
  return value.get<std::int64_t>();
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
  if (!value->is_number()) refuse(key, cat("must be a number, but is ", value->dump()));
  return value->get<double>();
}

bool HuggingFaceConfig::boolean(std::string_view key, bool missing) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_boolean()) refuse(key, cat("must be true or false, but is ", value->dump()));
  return value->get<bool>();
}

std::string HuggingFaceConfig::text(std::string_view key, const std::string& missing) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_string()) refuse(key, cat("must be a string, but is ", value->dump()));
  return value->get<std::string>();
}

std::vector<std::string> HuggingFaceConfig::texts(std::string_view key) const {
  std::vector<std::string> all;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return all;
  if (!value->is_array()) refuse(key, "must be a list of strings");
  for (const nlohmann::json& each : *value) {
    if (!each.is_string()) refuse(key, cat("must be a list of strings, but holds ", each.dump()));
    all.push_back(each.get<std::string>());
  }
  return all;
}

std::vector<std::int64_t> HuggingFaceConfig::integers(std::string_view key) const {
  std::vector<std::int64_t> all;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return all;
  if (!value->is_array()) refuse(key, "must be a list of integers");
  for (const nlohmann::json& each : *value) {
    if (!each.is_number_integer()) {
      refuse(key, cat("must be a list of integers, but holds ", each.dump()));
    }
    all.push_back(each.get<std::int64_t>());
  }
  return all;
}

std::vector<double> HuggingFaceConfig::numbers(std::string_view key) const {
  std::vector<double> all;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return all;
  if (!value->is_array()) refuse(key, "must be a list of numbers");
  for (const nlohmann::json& each : *value) {
    if (!each.is_number()) refuse(key, cat("must be a list of numbers, but holds ", each.dump()));
    all.push_back(each.get<double>());
  }
  return all;
}

std::optional<HuggingFaceConfig> HuggingFaceConfig::table(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) refuse(key, cat("must be a table, but is ", value->dump()));
  return HuggingFaceConfig(*value, file_, cat(path_, key, '.'));
}

}  // namespace roux
