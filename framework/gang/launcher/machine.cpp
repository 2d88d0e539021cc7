#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "roux/base/strings.h"
#include "roux/gang/launcher.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

// Files in a folder whose names are `prefix` and a number.
int count_numbered(const fs::path& folder, std::string_view prefix) {
  int count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    count += name.starts_with(prefix) && parse_integer(name.substr(prefix.size())) ? 1 : 0;
  }
  return count;
}

}  // namespace

int count_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? std::max(1, CPU_COUNT(&cores)) : 1;
}

int count_gpus(const Environment& environment, const fs::path& root) {
  // A container may show all of the machine's below /proc, and give but some of them: those in /dev
  // count. CUDA goes by the list up to the first that it does not know.
  const int there = count_numbered(root / "dev", "nvidia");
  const auto visible = environment("CUDA_VISIBLE_DEVICES");
  if (!visible) return there;
  int chosen = 0;
  for (const std::string& name : split(*visible, ',')) {
    if (trim(name).empty() || trim(name).starts_with('-')) break;
    ++chosen;
  }
  return std::min(chosen, there);
}

}  // namespace roux
