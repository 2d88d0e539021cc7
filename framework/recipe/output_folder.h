#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "roux/base/file_lock.h"

namespace roux {

// The folder of a run while it runs: made, held against other runs, with the run's config in it. Of
// several processes, rank 0 holds the folder and writes the config.
class RunFolder {
 public:
  // `config` is the whole config as TOML. Throws Error if the folder can't be made, ConfigError if
  // another run holds it.
  RunFolder(const std::filesystem::path& path, std::string_view config, int rank = 0);

  // Has checkpoints go to `target`: OUTPUT_DIR/checkpoints becomes a link to it, for all that looks
  // for them there. Throws ConfigError if they are elsewhere already.
  void put_checkpoints(const std::filesystem::path& target) const;

  // Puts back the config that was there before: the run is refused, and what it is stays what it
  // was.
  void restore_config() const;

  // Begins logs/rank_N.log with `title`, the facts of the machine and the config, and lets rank 0
  // speak on stderr too.
  void begin_log(std::string_view title, std::string_view config, bool debug) const;

  // Tells of a failure that ends this process, if its log does not speak on stderr anyway: whoever
  // started it looks there first.
  void report(std::string_view failure) const;

 private:
  std::filesystem::path path_;
  std::optional<std::string> config_before_;
  int rank_;
  std::optional<FileLock> lock_;
};

}  // namespace roux
