#include "roux/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/log_config.h"
#include "roux/base/status_line.h"
#include "roux/base/strings.h"
#include "roux/base/terminal.h"

namespace roux {
namespace {

constexpr const char* kPlainPattern = "%^%l%$: %v";
constexpr const char* kFilePattern = "%Y-%m-%d %H:%M:%S.%e [%l] %v";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::sink_ptr make_console(const std::string& pattern) {
  const auto color =
      wants_color(STDERR_FILENO) ? spdlog::color_mode::always : spdlog::color_mode::never;
  auto console = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(color);
  console->set_pattern(pattern);
  return console;
}

std::string console_pattern(std::string label) {
  if (label.empty()) return "%H:%M:%S [%^%l%$] %v";
  for (std::size_t at = label.find('%'); at != std::string::npos; at = label.find('%', at + 2)) {
    label.insert(at, 1, '%');
  }
  return cat("%H:%M:%S [%^%l%$] ", label, ": %v");
}

std::vector<spdlog::sink_ptr> make_sinks(const LogConfig& config) try {
  std::vector<spdlog::sink_ptr> sinks;
  if (!config.file.empty()) {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_st>(config.file.string()));
    sinks.back()->set_pattern(kFilePattern);
  }
  if (config.console || config.file.empty()) {
    sinks.push_back(make_console(console_pattern(config.console_label)));
    if (!config.console) sinks.back()->set_level(spdlog::level::err);
  }
  return sinks;
} catch (const spdlog::spdlog_ex& e) {
  throw Error(cat("cannot write the log: ", e.what()));
}

// The lines after the first stand to the right, so that each message begins visibly.
std::string with_indented_lines(std::string_view message) {
  return join(split(message, '\n'), "\n    ");
}

// Our own lock, and sinks without one: lines of a message stay together, and the sinks can be
// exchanged while other threads write.
class Log {
 public:
  Log() { exchange({make_console(kPlainPattern)}); }

  void exchange(std::vector<spdlog::sink_ptr> sinks) {
    auto logger = std::make_unique<spdlog::logger>("roux", sinks.begin(), sinks.end());
    logger->set_level(spdlog::level::trace);  // write_log's callers have asked log_enabled()
    logger->flush_on(spdlog::level::info);
    const std::lock_guard lock(mutex_);
    if (logger_ != nullptr) logger_->flush();
    logger_ = std::move(logger);
  }

  void write(LogLevel level, std::string_view message) {
    const bool one_line = message.find('\n') == std::string_view::npos;
    const std::string text = one_line ? std::string(message) : with_indented_lines(trim(message));
    const std::lock_guard lock(mutex_);
    const StatusLineAside aside;
    logger_->log(to_spdlog(level), spdlog::string_view_t(text));
  }

  void flush() {
    const std::lock_guard lock(mutex_);
    logger_->flush();
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<spdlog::logger> logger_;
};

std::atomic<LogLevel> level_now{LogLevel::Info};

// Never destroyed: threads and destructors may write until the very end, and the C library writes
// out what is buffered then.
Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

}  // namespace

bool log_enabled(LogLevel level) noexcept {
  return level >= level_now.load(std::memory_order_relaxed);
}

void write_log(LogLevel level, std::string_view message) {
  the_log().write(level, message);
}

void configure_logging(const LogConfig& config) {
  the_log().exchange(make_sinks(config));
  set_log_level(config.level);
}

void set_log_level(LogLevel level) {
  level_now.store(level, std::memory_order_relaxed);
}

void flush_log() {
  the_log().flush();
}

}  // namespace roux
