#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "roux/config/place.h"

namespace roux::config {

class Value;

// One thing that is wrong with a config.
struct Problem {
  Place place;
  std::string key;   // in full: "regime.num_steps"
  std::string text;  // "must be at least 1, but is 0"
  bool missing;      // a required key without a value: the rest of the config may still be shown
};

// Collects everything wrong with a config, so that the user fixes a file once and not once per run.
//
// A Problems looks at one section: keys are given relative to it, and each problem is located where
// the key was written. Copies share what they collect.
class Problems {
 public:
  Problems();

  // The same collection seen from the section `key` of this one. `value` is what was written
  // there, which must outlive this, or nullptr.
  Problems section(std::string_view key, const Value* value) const;

  // Records that `key` breaks a rule: "must be …, but is …". Only the first problem of a key is
  // kept, since the second is mostly its consequence. An empty key is the section itself.
  void add(std::string_view key, std::string_view what);

  // Records that `key` was left out and can't be: "… needs to be specified".
  void needs(std::string_view key);

  // Records something to mend that stops nothing: a key without meaning here, say.
  void warn(std::string_view key, std::string_view what);

  // Records a problem at a place of its own.
  void add_at(const Place& place, std::string_view key, std::string_view what);

  // Whether this section, or `key` of it, or anything below, has a problem.
  bool any(std::string_view key = "") const;

  // Says that `source` was laid over those named before: its problems are listed after theirs.
  void add_source(const Place& source);

  // In the order of sources, lines and columns; what was written nowhere stands last.
  std::vector<Problem> all() const;
  std::vector<Problem> warnings() const;

  // Throws one ConfigError with a line for each problem, or returns.
  void throw_if_any() const;

  // The same, leaving out required keys without a value.
  void throw_if_any_but_missing() const;

  const std::string& path() const { return path_; }
  const Value* value() const { return value_; }

 private:
  struct Found;

  void record(const Place& place, std::string_view key, std::string_view what, bool missing);

  std::shared_ptr<Found> found_;
  std::string path_;
  const Value* value_ = nullptr;
};

// "a.toml:3:9: regime.num_steps: must be at least 1, but is 0".
std::string to_string(const Problem& problem);

}  // namespace roux::config
