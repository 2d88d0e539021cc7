#include "roux/base/program.h"

#include <sys/resource.h>

#include <system_error>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {

std::filesystem::path executable_path() {
  std::error_code error;
  std::filesystem::path path = std::filesystem::canonical("/proc/self/exe", error);
  if (error) throw Error(cat("cannot find the file of this program: ", error.message()));
  return path;
}

std::vector<std::string> command_line() {
  std::vector<std::string> arguments = split(read_file("/proc/self/cmdline"), '\0');
  arguments.pop_back();  // each ends with a zero, so that after the last there is nothing
  return arguments;
}

std::uint64_t peak_memory() {
  constexpr std::uint64_t kKibibyte = 1024;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * kKibibyte;
}

}  // namespace roux
