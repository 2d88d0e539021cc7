#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roux::tool {

// A file that a command line names, read from the front; "-" is the standard input. One thread at a
// time.
class Input {
 public:
  // Throws ConfigError for what is not there, is a folder or may not be read, Error where the
  // system fails; so does read_on().
  explicit Input(const std::string& file);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // "standard input", or the file as it was named.
  const std::string& name() const { return name_; }

  // Appends what is there, up to `most` bytes; false at the end.
  bool read_on(std::string& text, std::size_t most);

  // Whether read_on() answers without waiting for whoever writes.
  bool has_more_at_once() const;

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::string name_;
  int descriptor_;
};

}  // namespace roux::tool
