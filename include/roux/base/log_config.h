#pragma once

#include <filesystem>
#include <string>

#include "roux/base/log.h"

namespace roux {

// Where the messages of log.h go. All functions here may be called from any thread.
struct LogConfig {
  // Messages below it are not even formatted.
  LogLevel level = LogLevel::Info;

  // Whether this process speaks on stderr: rank 0 alone, or a thousand ranks would. One that
  // doesn't still prints its errors there if it has no file, so that none is lost.
  bool console = true;

  // Stands before each message on stderr, such as "rank 3"; empty: nothing.
  std::string console_label;

  // Gets every message with date and time, after what it already holds; empty: no file. One
  // process a file.
  std::filesystem::path file;
};

// Takes effect at once and for all threads. Throws Error if the file can't be opened, and then
// nothing has changed. Colour is used only on a terminal that wants it (NO_COLOR, TERM=dumb).
void configure_logging(const LogConfig& config);

void set_log_level(LogLevel level);

// Writes out what is buffered: messages of level Debug; the others never wait. Also done at exit.
void flush_log();

}  // namespace roux
