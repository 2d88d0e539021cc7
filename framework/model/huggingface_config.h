#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// The largest config.json that is read.
inline constexpr std::uint64_t kLargestHuggingFaceConfig = 64 << 20;

// What a Hugging Face config.json says, key by key. A key that is missing or null has the default
// that is given; one of the wrong kind is a DataError that names the file, the key and the value.
class HuggingFaceConfig {
 public:
  HuggingFaceConfig(const std::string& text, std::filesystem::path file);

  bool empty() const { return json_.empty(); }
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

  // The same with what is missing taken from the object `defaults`.
  HuggingFaceConfig with_defaults(const nlohmann::json& defaults) const;

  // Throws DataError: `config.json: "key" must be …, but is …`, where `rule` is "must be …".
  [[noreturn]] void refuse(std::string_view key, std::string_view rule) const;

  // The same without the value: `config.json: "key" what`.
  [[noreturn]] void fail(std::string_view key, std::string_view what) const;

  // How a key is named in errors.
  std::string named(std::string_view key) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  HuggingFaceConfig(nlohmann::json json, std::filesystem::path file, std::string path);

  const nlohmann::json* find(std::string_view key) const;

  template <typename T>
  std::vector<T> list(std::string_view key, bool (*fits)(const nlohmann::json&),
                      std::string_view rule) const;

  nlohmann::json json_;
  std::filesystem::path file_;
  std::string path_;
};

}  // namespace roux
