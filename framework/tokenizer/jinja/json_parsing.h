#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "roux/base/error.h"
#include "tokenizer/jinja/value.h"

namespace roux::jinja {

// Given to the parser: stops at a depth that all that walks through a document can bear. Throws
// DataError, which begins with `what`.
class JsonDepth {
 public:
  explicit JsonDepth(std::string_view what) : what_(what) {}
  bool operator()(int depth, nlohmann::ordered_json::parse_event_t, nlohmann::ordered_json&) const {
    constexpr int kMost = kMaxValueDepth - 10;
    if (depth >= kMost) throw DataError(cat(what_, ": nested deeper than ", kMost));
    return true;
  }

 private:
  std::string_view what_;
};

// What the parser could not read, without its own words where the place says enough.
inline std::string json_problem(const nlohmann::ordered_json::exception& error) {
  const auto* parsing = dynamic_cast<const nlohmann::ordered_json::parse_error*>(&error);
  return parsing == nullptr ? std::string("a number is too large")
                            : cat("no JSON from byte ", parsing->byte, " on");
}

}  // namespace roux::jinja
