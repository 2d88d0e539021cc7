#include "model/safetensors_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux::safetensors {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 100'000'000;

// An index comes with a download: it must not make us open files elsewhere.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

nlohmann::json parse(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMaxIndexBytes);
  // A list nested a million deep would be freed by a recursion as deep: none of it is kept.
  const auto cut_deep = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth < 4;
  };
  try {
    return nlohmann::json::parse(text, cut_deep);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(cat(file.string(), ": it is no JSON from byte ", error.byte, " on"));
  } catch (const nlohmann::json::exception&) {
    throw DataError(cat(file.string(), ": it is no JSON that can be read: a number is too large"));
  }
}

}  // namespace

std::vector<std::string> Index::files() const {
  std::set<std::string> names;
  for (const auto& [tensor, file] : weight_map) names.insert(file);
  return {names.begin(), names.end()};
}

Index read_index(const std::filesystem::path& file) {
  const auto json = parse(file);
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object()) {
    throw DataError(
        cat(file.string(),
            ": it is no index of safetensors files: it must be an object with a \"weight_map\""));
  }
  Index index;
  std::vector<std::string> problems;
  for (const auto& [name, value] : map->items()) {
    if (!value.is_string() || !is_plain_name(value.get_ref<const std::string&>())) {
      problems.push_back(cat("tensor \"", name, "\" must be in a file of this folder, but is in ",
                             value.dump(-1, ' ', true)));
    } else {
      index.weight_map[name] = value.get<std::string>();
    }
  }
  if (!problems.empty()) throw DataError(cat(file.string(), ":\n  ", join(problems, "\n  ")));
  return index;
}

std::string index_text(const Index& index) {
  const nlohmann::json json{
      {"metadata",
       {{"total_parameters", index.total_parameters}, {"total_size", index.total_size}}},
      {"weight_map", index.weight_map}};
  return json.dump(2) + "\n";
}

}  // namespace roux::safetensors
