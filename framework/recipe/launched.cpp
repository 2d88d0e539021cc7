#include "recipe/launched.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/version.h"
#include "roux/config/json.h"
#include "roux/config/value.h"
#include "roux/gang/gangs.h"
#include "roux/gang/world.h"
#include "roux/recipe/context.h"

namespace roux {
namespace {

bool is_consequence(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const GangError& gang) {
    return gang.is_consequence();
  } catch (...) {
    return false;
  }
}

std::string error_file() {
  const char* path = std::getenv("TORCHELASTIC_ERROR_FILE");
  return path != nullptr ? path : "";
}

}  // namespace

void meet_others(const di::Resolver& resolver) {
  const World& world = resolver.get<const World>();
  if (world.size == 1) return;
  const auto* gangs = resolver.find<const Gangs>();
  if (gangs == nullptr) {
    throw ConfigError(
        cat("this recipe runs as one process, but ", world.launcher, " has started ", world.size));
  }
  log_info("rank ", world.rank, " of ", world.size, ", started by ", world.launcher);
  // The first rank holds the folder: on another machine it may be another one of the same name.
  const auto lock = resolver.get<const OutputFolder>().path / ".lock";
  const std::string holder =
      std::filesystem::exists(lock) ? FileLock::holder(lock) : "nobody who holds it";
  check_same_everywhere(*gangs->root, {{"Roux's version", std::string(version())},
                                       {"the config", resolver.get<const EffectiveConfig>().toml},
                                       {"the output folder", holder}});
}

bool speaks_for_itself() {
  const char* rank = std::getenv("RANK");
  return error_file().empty() || rank == nullptr || std::string_view(rank) == "0";
}

void report_to_launcher(const std::string& failure, const std::exception_ptr& error,
                        int exit_code) {
  const std::string path = error_file();
  if (path.empty()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  const auto value = [](config::Value::Data data) { return config::Value(std::move(data), {}); };
  config::Table extra;
  extra.set("py_callstack", value(std::string()));
  extra.set("timestamp", value(cat(seconds)));
  extra.set("consequence", value(is_consequence(error)));
  extra.set("exit_code", value(std::int64_t{exit_code}));
  config::Table message;
  message.set("message", value(failure));
  message.set("extraInfo", value(std::move(extra)));
  config::Table file;
  file.set("message", value(std::move(message)));
  try {
    write_file(path, config::to_json(value(std::move(file))));
  } catch (const Error& failed) {
    log_warning("the launcher can't be told why this process ends: ", failed.what());
  }
}

}  // namespace roux
