#include "recipe/output_folder.h"

#include <cstdlib>
#include <system_error>

#include "roux/base/environment.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/log_config.h"

namespace roux {
namespace {

// This process among those of the run, as its launcher says.
int process_rank() {
  const char* rank = std::getenv("RANK");
  return rank ? std::atoi(rank) : 0;
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(cat("can't make the folder ", path.string(), ": ", error.message()));
}

FileLock hold(const std::filesystem::path& folder) {
  const auto file = folder / ".lock";
  if (auto lock = FileLock::try_lock(file)) return std::move(*lock);
  throw Error(cat(folder.string(), " is in use by ", FileLock::holder(file),
                  ": two runs can't share an output folder"));
}

}  // namespace

RunFolder::RunFolder(const std::filesystem::path& path, std::string_view title,
                     std::string_view config, bool debug) {
  const int rank = process_rank();
  make_folder(path / "logs");
  if (rank == 0) {
    lock_ = hold(path);
    write_file(path / "config.toml", config);
  }

  LogConfig log;
  log.level = debug ? LogLevel::Debug : LogLevel::Info;
  log.file = path / "logs" / cat("rank_", rank, ".log");
  log.console_label = rank == 0 ? "" : cat("rank ", rank);
  // The head of the log, where it is looked up later and in nobody's way now.
  log.console = false;
  configure_logging(log);
  log_info(title);
  for (const auto& fact : environment_facts()) log_info(fact.name, ": ", fact.value);
  log_info("config:\n", config);

  log.console = rank == 0;
  configure_logging(log);
}

}  // namespace roux
