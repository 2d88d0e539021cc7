#pragma once

#include <string_view>

#include "roux/base/error.h"

namespace roux {

enum class LogLevel { Debug, Info, Warning, Error };

// Whether messages of `level` go anywhere. Cheap: one relaxed load.
bool log_enabled(LogLevel level) noexcept;

// Writes one message, which may have several lines. Where it goes is said in log_config.h; before
// anything was said, it goes to stderr as "warning: the text". Any thread may call it at any time.
void write_log(LogLevel level, std::string_view message);

// log_info("step ", 3, " took ", time): joined as cat() joins, and only if the level is on.
template <typename... Args>
void log_debug(const Args&... args) {
  if (log_enabled(LogLevel::Debug)) write_log(LogLevel::Debug, cat(args...));
}

template <typename... Args>
void log_info(const Args&... args) {
  if (log_enabled(LogLevel::Info)) write_log(LogLevel::Info, cat(args...));
}

template <typename... Args>
void log_warning(const Args&... args) {
  if (log_enabled(LogLevel::Warning)) write_log(LogLevel::Warning, cat(args...));
}

template <typename... Args>
void log_error(const Args&... args) {
  if (log_enabled(LogLevel::Error)) write_log(LogLevel::Error, cat(args...));
}

}  // namespace roux
