#include "gang/slurm.h"

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::gang {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view list) {
  throw ConfigError(cat("Slurm's list of ", what, " can't be understood: \"", list, '"'));
}

}  // namespace

std::vector<int> tasks_per_node(std::string_view list) {
  std::vector<int> tasks;
  for (const std::string& part : split(list, ',')) {
    const std::size_t bracket = part.find("(x");
    const auto count = parse_integer(std::string_view(part).substr(0, bracket));
    std::optional<std::int64_t> times = 1;
    if (bracket != std::string::npos) {
      if (!part.ends_with(')')) refuse("tasks", list);
      const std::size_t begin = bracket + 2;
      times = parse_integer(std::string_view(part).substr(begin, part.size() - begin - 1));
    }
    constexpr std::int64_t kMost = 1'000'000;
    if (!count || !times || *count < 1 || *times < 1 || *count > kMost || *times > kMost) {
      refuse("tasks", list);
    }
    tasks.insert(tasks.end(), static_cast<std::size_t>(*times), static_cast<int>(*count));
  }
  return tasks;
}

std::string first_host(std::string_view list) {
  const std::size_t end = list.find_first_of(",[");
  std::string host(list.substr(0, end));
  if (end != std::string_view::npos && list[end] == '[') {
    const std::size_t number_end = list.find_first_of(",-]", end);
    const std::size_t close = list.find(']', end);
    if (number_end == std::string_view::npos || close == std::string_view::npos) {
      refuse("hosts", list);
    }
    host += list.substr(end + 1, number_end - end - 1);
    // What follows the numbers belongs to the name: "rack[1-2]node[3-4]".
    const std::string_view rest = list.substr(close + 1);
    if (!rest.empty() && rest.front() != ',') host += first_host(rest);
  }
  if (host.empty()) refuse("hosts", list);
  return host;
}

}  // namespace roux::gang
