#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// What a Hugging Face config.json says, key by key. A key that is missing or null has the default
// that is given; one of the wrong kind is a DataError that names the file and the key.
class HuggingFaceConfig {
 public:
  HuggingFaceConfig(const std::string& text, std::filesystem::path file);

  bool has(std::string_view key) const { return find(key) != nullptr; }

  // Whether the key stands there with null: some keys mean another thing by that than by nothing.
  bool is_null(std::string_view key) const;

  std::int64_t integer(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t missing) const;
  std::optional<std::int64_t> maybe_integer(std::string_view key) const;
  double number(std::string_view key, double missing) const;
  std::optional<double> maybe_number(std::string_view key) const;
  bool boolean(std::string_view key, bool missing) const;
  std::string text(std::string_view key, const std::string& missing) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;

  // The table at `key`, whose keys are named "key.…" in errors; nullopt if there is none.
  std::optional<HuggingFaceConfig> table(std::string_view key) const;

  // Throws DataError: "config.json: key: what".
  [[noreturn]] void refuse(std::string_view key, std::string_view what) const;

 private:
  HuggingFaceConfig(nlohmann::json json, std::filesystem::path file, std::string path);

  const nlohmann::json* find(std::string_view key) const;
  const nlohmann::json& expect(std::string_view key) const;

  nlohmann::json json_;
  std::filesystem::path file_;
  std::string path_;
};

}  // namespace roux
