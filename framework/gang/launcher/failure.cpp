#include "gang/launcher/failure.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/visible.h"

namespace roux::launcher {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kLargestFile = 16 << 20;

std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// When the file was written, on this machine's clock.
double time_of(const fs::path& file) {
  struct stat status = {};
  if (stat(file.c_str(), &status) != 0) return 0.0;
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) * 1e-9;
}

// torchelastic writes whole seconds: too coarse to tell which of two ranks failed first.
double time_in(const std::string& timestamp, const fs::path& file) {
  const double seconds = std::strtod(timestamp.c_str(), nullptr);
  return seconds > 0.0 && seconds != std::floor(seconds) ? seconds : time_of(file);
}

// What stands after `name` in the first line of a file of counters that begins with it.
std::uint64_t counter(const fs::path& file, std::string_view name) {
  std::string text;
  try {
    text = read_file(file, kLargestFile);
  } catch (const Error&) {
    return 0;
  }
  for (const std::string& line : split(text, '\n')) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
    return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

std::optional<int> End::stop_signal() const {
  constexpr std::array kStops = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
  const auto found = std::ranges::find(kStops, number - 128);
  return by_signal || found == kStops.end() ? std::nullopt : std::optional(*found);
}

std::optional<ErrorFile> read_error_file(const fs::path& file) try {
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  const Json json = Json::parse(read_file(file, kLargestFile), nullptr, false);
  if (!json.is_object() || !json.contains("message")) return std::nullopt;

  ErrorFile read;
  const Json& message = json["message"];
  if (message.is_string()) {
    read.text = message.get<std::string>();
    read.time = time_of(file);
  } else {
    const Json extra = message.is_object() ? message.value("extraInfo", Json()) : Json();
    const std::string stack = text_at(extra, "py_callstack");  // ends with the message
    read.text = stack.empty() ? text_at(message, "message") : stack;
    read.time = time_in(text_at(extra, "timestamp"), file);
    read.consequence = extra.is_object() && extra.value("consequence", Json()) == true;
    const Json code = extra.is_object() ? extra.value("exit_code", Json()) : Json();
    if (code.is_number_integer()) read.exit_code = code.get<int>();
  }
  if (read.text.empty()) return std::nullopt;
  return read;
} catch (const std::exception&) {
  return std::nullopt;  // a file half written by what was dying tells nothing
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? cat("SIG", name) : cat("signal ", signal);
}

std::string describe(const End& end, std::uint64_t kills_for_memory) {
  if (!end.by_signal) return cat("exited with code ", end.number);
  const std::string name = signal_name(end.number);
  if (end.number == SIGKILL) {
    return cat("was killed (", name,
               kills_for_memory > 0 ? "; the kernel has killed for lack of memory meanwhile" : "",
               ")");
  }
  const char* meaning = sigdescr_np(end.number);
  return cat("was ended by ", name, meaning != nullptr ? cat(" (", meaning, ")") : "");
}

std::optional<Failure> first_of(const std::vector<Failure>& failures) {
  const auto order = [](const Failure& failure) {
    return std::tuple(failure.stopped, failure.consequence, failure.time);
  };
  const auto first = std::ranges::min_element(failures, {}, order);
  return first == failures.end() ? std::nullopt : std::optional(*first);
}

std::string report(const Failure& failure, int nodes) {
  std::string who = failure.rank < 0 ? cat("node ", failure.node) : cat("rank ", failure.rank);
  if (nodes > 1 && failure.rank >= 0) who += cat(" on node ", failure.node);
  if (nodes > 1) who += cat(" (", visible(failure.host), ")");
  std::string text = cat(who, failure.rank < 0 ? " " : " failed: ", failure.how);
  if (!failure.text.empty()) text += cat(":\n", visible(trim(failure.text)));
  return text;
}

std::string last_lines(std::string_view text, int count) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::size_t begin = text.size();
  for (int i = 0; i < count && begin > 0; ++i) {
    begin = text.rfind('\n', begin - 1);
    if (begin == std::string_view::npos) return std::string(text);
  }
  if (begin < text.size()) text.remove_prefix(begin + 1);
  return std::string(text);
}

std::uint64_t kills_for_memory(const fs::path& root) {
  std::uint64_t kills = counter(root / "proc/vmstat", "oom_kill");
  try {
    for (const std::string& line : split(read_file(root / "proc/self/cgroup"), '\n')) {
      const auto parts = split(line, ':');  // "0::/a/b" for version 2, "4:memory:/a" for version 1
      if (parts.size() < 3) continue;
      const std::string group = parts[2].substr(std::min<std::size_t>(1, parts[2].size()));
      if (parts[0] == "0") {
        kills += counter(root / "sys/fs/cgroup" / group / "memory.events", "oom_kill");
      } else if (parts[1] == "memory") {
        kills += counter(root / "sys/fs/cgroup/memory" / group / "memory.oom_control", "oom_kill");
      }
    }
  } catch (const Error&) {
  }
  return kills;
}

}  // namespace roux::launcher
