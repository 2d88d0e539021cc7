#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {

// The driver with recipes of its own around it: a temporary folder with a prefix in which tests
// install recipes whose programs are shell scripts. The driver is run in that folder.
class DriverWorld {
 public:
  // mi/train, with two presets, whose program prints what it is called with; and mi/eval, without.
  DriverWorld();

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path prefix() const { return folder() / "prefix"; }

  // Adds, or changes, a recipe whose program is a bash script.
  void install_recipe(std::string_view name, std::string_view program, std::string_view summary,
                      std::string_view script) const;
  void write(const std::filesystem::path& file, std::string_view text) const;
  std::string read(const std::filesystem::path& file) const;

  // roux WORDS...
  Finished roux(std::vector<std::string> words) const;

  // A bash script that can call roux.
  Finished bash(const std::string& script) const;

  static std::filesystem::path driver();

 private:
  ProcessOptions options() const;

  TemporaryFolder folder_;
};

}  // namespace roux
