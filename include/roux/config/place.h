#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace roux::config {

// Where a value was written, so that a message can point at it: a file's line and column, or a word
// of the command line. A Place without a source is a default, written in no file.
struct Place {
  // What is named in messages: "a.toml", "preset sample", "--config lr=1".
  std::shared_ptr<const std::string> source;

  // Counted from 1; 0 where there are none (the command line).
  int line = 0;
  int column = 0;

  // What `${dir}` stands for in strings written here.
  std::shared_ptr<const std::filesystem::path> folder;

  bool is_default() const { return source == nullptr; }
};

// "a.toml:3:9", "--config lr=1", or "default".
std::string to_string(const Place& place);

}  // namespace roux::config
