#pragma once

#include <string_view>

#include "roux/config/problems.h"
#include "roux/config/struct_type.h"
#include "roux/config/value.h"

namespace roux::config {

// Lays a config together, later layers over earlier ones: the recipe's defaults, a preset, files,
// then the words of the command line.
//
// Tables merge key by key, everything else is replaced. A section whose `name` changes drops the
// settings of the component it chose before.
class Layers {
 public:
  // `defaults` is an object of `type`: the lowest layer. `type` and `catalog` must outlive this.
  Layers(const StructType& type, const void* defaults, const Catalog& catalog);

  // A table read from a file or a preset.
  void add(Value table);

  // A word of the command line: `a.b=1`, `set:a.b=1` (replaces a table instead of merging), or
  // `del:a.b` (the default of the struct around it holds again). `option` is what it came after,
  // for messages: "--config". What is wrong goes to `problems`.
  void add_override(std::string_view word, std::string_view option, Problems& problems);

  // What came out, with every key that was left out added at its default and every `${…}` replaced.
  // What can't be replaced goes to `problems`.
  Value finish(Problems& problems) &&;

 private:
  void erase(const std::vector<std::string>& path, const Place& place, Problems& problems);
  bool is_known(const std::vector<std::string>& path) const;

  const StructType& type_;
  const Catalog& catalog_;
  Value tree_;
};

// Splits off the key of a command line's word: "a.b" of "set:a.b=1", "del:a.b" and "a.b=1".
std::string_view override_key(std::string_view word);

}  // namespace roux::config
