#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "roux/base/file_lock.h"

namespace roux {

// The folder of a run while it runs: made, held against other runs, with the run's config and the
// beginning of its log in it. Of several processes, rank 0 holds the folder.
class RunFolder {
 public:
  // `config` is the whole config as TOML, `title` what the log says first. Throws Error if the
  // folder can't be made, or another run holds it.
  RunFolder(const std::filesystem::path& path, std::string_view title, std::string_view config,
            bool debug);

 private:
  std::optional<FileLock> lock_;
};

}  // namespace roux
