#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// Finds the end of a text that comes in pieces: the first place where one of some strings begins.
// What may be the beginning of one is held back until it is known.
//
//   StopStrings stop(std::vector<std::string>{"\n\n"});
//   stop.push("a\n");   // "a"
//   stop.push("\nb");   // "", and stop.found()
//
// One thread at a time.
class StopStrings {
 public:
  // Empty strings stop nothing.
  explicit StopStrings(std::span<const std::string> strings);

  // What is certain to stand before the end. Nothing more, once found() says so.
  std::string push(std::string_view piece);

  // What was held back, where nothing was found.
  std::string finish();

  bool found() const { return found_; }

 private:
  std::vector<std::string> strings_;
  std::string held_;
  bool found_ = false;
};

}  // namespace roux
