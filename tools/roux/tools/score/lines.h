#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roux::tool {

// A file that is read from the front; "-" is the standard input. One thread at a time.
class Lines {
 public:
  // Throws ConfigError if it can't be opened.
  explicit Lines(const std::string& file);
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // The next line without its end, nullopt behind the last; or all that is left. Throws ConfigError
  // for a folder, Error where it can't be read.
  std::optional<std::string> next();
  std::string rest();

  // Whether next() answers without waiting for whoever writes.
  bool has_more_at_once() const;

  // "standard input", or "a.jsonl"; and of the last line, "a.jsonl:3".
  const std::string& name() const { return name_; }
  std::string place() const;

 private:
  bool read_on();
  [[noreturn]] void fail(std::string_view what) const;

  std::string name_;
  int descriptor_;
  std::string unread_;
  bool is_at_end_ = false;
  long number_ = 0;
};

}  // namespace roux::tool
