#pragma once

#include <simdjson.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// A value in a JSON file that knows where it stands, so that what is wrong with it can be said:
// "FILE: model.unk_token must be a text, but is 3".
class JsonPart {
 public:
  JsonPart(std::shared_ptr<const std::string> file, std::string path,
           simdjson::dom::element element)
      : file_(std::move(file)), path_(std::move(path)), element_(element) {}

  // Throws DataError: this must be RULE, but is what it is.
  [[noreturn]] void must_be(std::string_view rule) const;

  // Throws DataError: FILE: this WHAT.
  [[noreturn]] void fail(std::string_view what) const;

  // The member of that name; nullopt if there is none, or it is null.
  std::optional<JsonPart> find(std::string_view key) const;
  JsonPart at(std::string_view key) const;

  std::string_view text() const;
  std::string_view text(std::string_view key) const { return at(key).text(); }
  bool flag(std::string_view key, bool otherwise) const;
  std::int64_t integer() const;
  std::vector<JsonPart> items() const;

  bool is_text() const { return element_.is_string(); }
  bool is_object() const { return element_.is_object(); }
  bool is_array() const { return element_.is_array(); }
  bool is_integer() const { return element_.is_int64(); }

  // Throws if this has members of other names: what is not understood must not be passed over.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  simdjson::dom::element element() const { return element_; }
  const std::string& file() const { return *file_; }

 private:
  JsonPart child(std::string path, simdjson::dom::element element) const {
    return {file_, std::move(path), element};
  }

  std::shared_ptr<const std::string> file_;
  std::string path_;  // "" for the whole document
  simdjson::dom::element element_;
};

// A file and what it holds. Parts must not outlive it.
class JsonFile {
 public:
  // Throws Error if it can't be read, and DataError, with the offset, if it is no JSON.
  explicit JsonFile(const std::filesystem::path& path);

  const JsonPart& root() const { return *root_; }

 private:
  simdjson::dom::parser parser_;
  std::optional<JsonPart> root_;
};

}  // namespace roux
