#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

#include "roux/base/environment.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

// What a kernel for the CPU may be chosen by, in the names of /proc/cpuinfo (x86, then Arm).
constexpr std::array<std::string_view, 13> kSimd{
    "avx2",     "fma",      "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_bf16", "amx_int8", "asimd",   "bf16",     "sve",         "sve2"};

// "" if the file can't be read: what is unknown is left out of the log.
std::string text_of(const fs::path& path) try {
  constexpr std::uint64_t kLargest = 64 << 20;
  return read_file(path, kLargest);
} catch (const Error&) {
  return "";
}

std::string_view without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

// What stands after `name` and `separator` in the first such line; "" if there is none.
std::string value_in(const std::string& text, std::string_view name, char separator) {
  for (const std::string& line : split(text, '\n')) {
    const std::string_view all = line;
    const std::size_t end = all.find(separator);
    if (end == std::string_view::npos || trim(all.substr(0, end)) != name) continue;
    return std::string(without_quotes(trim(all.substr(end + 1))));
  }
  return "";
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  text = trim(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

std::string processor(const std::string& cpuinfo) {
  const std::string model = value_in(cpuinfo, "model name", ':');
  std::int64_t cores = 0;
  for (const std::string& line : split(cpuinfo, '\n'))
    cores += line.starts_with("processor") ? 1 : 0;
  if (cores == 0) return "";
  return cat(model.empty() ? "unknown model" : model, ", ", cores, cores == 1 ? " core" : " cores");
}

// Which cores this process may use, if not all: "0-3,8".
std::string allowed_cores(const std::string& status) {
  return value_in(status, "Cpus_allowed_list", ':');
}

std::string simd(const std::string& cpuinfo) {
  std::string flags = value_in(cpuinfo, "flags", ':');
  if (flags.empty()) flags = value_in(cpuinfo, "Features", ':');
  const std::vector<std::string> all = split(flags, ' ');
  std::vector<std::string> found;
  for (const std::string_view name : kSimd) {
    if (std::find(all.begin(), all.end(), name) != all.end()) found.emplace_back(name);
  }
  return join(found, " ");
}

// MemTotal is in kB, which here means 1024.
std::string memory(const std::string& meminfo) {
  const auto total = number_in(value_in(meminfo, "MemTotal", ':'));
  const auto available = number_in(value_in(meminfo, "MemAvailable", ':'));
  if (!total) return "";
  const std::string text = approximate_bytes(*total * 1024);
  return available ? cat(text, ", ", approximate_bytes(*available * 1024), " free") : text;
}

// The folders of cgroup v2 whose limits hold for this process: its own and all above.
std::vector<fs::path> control_groups(const fs::path& root) {
  const fs::path top = root / "sys/fs/cgroup";
  fs::path folder = value_in(text_of(root / "proc/self/cgroup"), "0", ':');
  // The line is "0::/a/b".
  std::string relative = folder.string();
  relative.erase(0, relative.find_first_not_of(":/"));

  std::vector<fs::path> folders{top};
  for (const std::string& name : split(relative, '/')) {
    if (!name.empty() && name != "..") folders.push_back(folders.back() / name);
  }
  return folders;
}

std::string processor_limit(const fs::path& root) {
  double cores = INFINITY;
  const auto take = [&](std::string_view quota, std::string_view period) {
    const auto share = number_in(quota);
    const auto whole = number_in(period);
    if (!share || !whole || *whole == 0) return;
    cores = std::min(cores, static_cast<double>(*share) / static_cast<double>(*whole));
  };
  for (const fs::path& folder : control_groups(root)) {
    const std::string limit = text_of(folder / "cpu.max");  // "max 100000" or "150000 100000"
    const std::size_t space = limit.find(' ');
    if (space != std::string::npos) take(limit.substr(0, space), limit.substr(space));
  }
  const fs::path version1 = root / "sys/fs/cgroup/cpu";
  take(text_of(version1 / "cpu.cfs_quota_us"), text_of(version1 / "cpu.cfs_period_us"));
  return std::isinf(cores) ? "" : cat(cores, cores == 1 ? " core" : " cores");
}

std::string memory_limit(const fs::path& root) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;  // version 1 writes about 2^63 for "none"
  std::uint64_t bytes = kNone;
  for (const fs::path& folder : control_groups(root)) {
    bytes = std::min(bytes, number_in(text_of(folder / "memory.max")).value_or(kNone));
  }
  const std::string version1 = text_of(root / "sys/fs/cgroup/memory/memory.limit_in_bytes");
  bytes = std::min(bytes, number_in(version1).value_or(kNone));
  return bytes == kNone ? "" : approximate_bytes(bytes);
}

// "8 x NVIDIA H100 80GB HBM3".
std::string gpus(const fs::path& root) {
  std::map<std::string, int> counts;
  std::error_code error;
  for (const auto& gpu : fs::directory_iterator(root / "proc/driver/nvidia/gpus", error)) {
    ++counts[value_in(text_of(gpu.path() / "information"), "Model", ':')];
  }
  std::vector<std::string> models;
  for (const auto& [model, count] : counts) models.push_back(cat(count, " x ", model));
  return join(models, ", ");
}

// The first word that looks like one in "NVRM version: NVIDIA UNIX … Kernel Module  580.65.06  …".
std::string gpu_driver(const fs::path& root) {
  const std::string text =
      value_in(text_of(root / "proc/driver/nvidia/version"), "NVRM version", ':');
  for (const std::string& word : split(text, ' ')) {
    const bool numeric = word.find_first_not_of("0123456789.") == std::string::npos;
    if (numeric && word.find('.') != std::string::npos) return word;
  }
  return "";
}

}  // namespace

std::vector<Fact> machine_facts(const fs::path& root) {
  const std::string cpuinfo = text_of(root / "proc/cpuinfo");
  utsname kernel{};
  uname(&kernel);

  std::vector<Fact> facts{
      {"host", std::string(trim(text_of(root / "proc/sys/kernel/hostname")))},
      {"system", value_in(text_of(root / "etc/os-release"), "PRETTY_NAME", '=')},
      {"kernel", cat(kernel.sysname, " ", kernel.release, " ", kernel.machine)},
      {"cpu", processor(cpuinfo)},
      {"cpu capabilities", simd(cpuinfo)},
      {"cpu affinity", allowed_cores(text_of(root / "proc/self/status"))},
      {"cpu limit", processor_limit(root)},
      {"memory", memory(text_of(root / "proc/meminfo"))},
      {"memory limit", memory_limit(root)},
      {"gpu", gpus(root)},
      {"gpu driver", gpu_driver(root)},
  };
  std::erase_if(facts, [](const Fact& fact) { return fact.value.empty(); });
  return facts;
}

}  // namespace roux
