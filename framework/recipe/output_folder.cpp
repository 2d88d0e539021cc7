#include "recipe/output_folder.h"

#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "roux/base/environment.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/log_config.h"
#include "roux/base/secrets.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

// A config as a log may show it: the values of keys that name secrets are left out.
std::string without_secrets(std::string_view config) {
  std::vector<std::string> lines = split(config, '\n');
  for (auto& line : lines) {
    const auto equals = line.find(" = ");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const auto key = line.substr(0, equals);
    const auto value = line.substr(equals + 3);
    const auto shown = shown_value(key, value);
    if (shown != value && value != "\"none\"") line = cat(key, " = ", shown);
  }
  return join(lines, "\n");
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(cat("can't make the folder ", path.string(), ": ", error.message()));
}

FileLock hold(const std::filesystem::path& folder) {
  const auto file = folder / ".lock";
  if (auto lock = FileLock::try_lock(file)) return std::move(*lock);
  throw ConfigError(cat(folder.string(), " is in use by ", FileLock::holder(file),
                        ": two runs can't share an output folder"));
}

}  // namespace

RunFolder::RunFolder(const std::filesystem::path& path, std::string_view config, int rank)
    : path_(path), rank_(rank) {
  make_folder(path);
  if (rank_ == 0) {
    lock_ = hold(path);
    if (std::filesystem::exists(path / "config.toml")) {
      config_before_ = read_file(path / "config.toml");
    }
    write_file(path / "config.toml", config);
  }
}

void RunFolder::restore_config() const {
  if (config_before_) write_file(path_ / "config.toml", *config_before_);
}

void RunFolder::put_checkpoints(const std::filesystem::path& target) const {
  namespace fs = std::filesystem;
  make_folder(target);
  const fs::path link = path_ / "checkpoints";
  std::error_code error;
  if (fs::equivalent(link, target, error)) return;
  if (rank_ == 0) {
    if (fs::exists(fs::symlink_status(link))) {
      throw ConfigError(cat("--checkpoint-dir is ", target.string(),
                            ", but the run's checkpoints are in ",
                            fs::is_symlink(link) ? fs::read_symlink(link).string() : link.string(),
                            ": move them, or leave the option out"));
    }
    if (!fs::is_empty(target)) {
      throw ConfigError(cat("--checkpoint-dir must be a new or an empty folder, but ",
                            target.string(),
                            " holds something: to go on with a run whose "
                            "checkpoints these are, give its OUTPUT_DIR"));
    }
    fs::create_directory_symlink(fs::absolute(target), link, error);
    if (error) throw Error(cat("can't make the link ", link.string(), ": ", error.message()));
  }
}

void RunFolder::begin_log(std::string_view title, std::string_view config, bool debug) const {
  make_folder(path_ / "logs");
  LogConfig log;
  log.level = debug ? LogLevel::Debug : LogLevel::Info;
  log.file = path_ / "logs" / cat("rank_", rank_, ".log");
  // The head of the log, where it is looked up later and in nobody's way now.
  log.console = false;
  configure_logging(log);
  log_info(title);
  for (const auto& fact : environment_facts()) log_info(fact.name, ": ", fact.value);
  log_info("config:\n", without_secrets(config));

  log.console = rank_ == 0;
  configure_logging(log);
}

void RunFolder::report(std::string_view failure) const {
  if (rank_ != 0) std::cerr << "rank " << rank_ << ": " << failure << '\n';
}

}  // namespace roux
