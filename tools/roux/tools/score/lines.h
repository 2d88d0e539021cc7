#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tool/input.h"

namespace roux::tool {

// The lines of an Input, and throws as that does.
class Lines {
 public:
  explicit Lines(const std::string& file) : input_(file) {}

  // The next line without its end, nullopt behind the last; or all that is left.
  std::optional<std::string> next();
  std::string rest();

  // Whether next() answers without waiting for whoever writes.
  bool has_more_at_once() const;

  // Of the input, and of the last line: "a.jsonl:3".
  const std::string& name() const { return input_.name(); }
  std::string place() const;

 private:
  bool read_on();

  Input input_;
  std::string unread_;
  bool is_at_end_ = false;
  std::int64_t number_ = 0;
};

}  // namespace roux::tool
