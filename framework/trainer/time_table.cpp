#include "trainer/time_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <numeric>

namespace roux {
namespace {

// In the order in which a stack would see them: a caller before what it called.
std::vector<const TimedCall*> in_order(std::span<const TimedCall> calls) {
  std::vector<const TimedCall*> order;
  for (const TimedCall& each : calls) order.push_back(&each);
  std::stable_sort(order.begin(), order.end(), [](const TimedCall* a, const TimedCall* b) {
    if (a->thread != b->thread) return a->thread < b->thread;
    return a->begin != b->begin ? a->begin < b->begin : a->end > b->end;
  });
  return order;
}

}  // namespace

std::vector<TimedName> times_by_name(std::span<const TimedCall> calls) {
  std::map<std::string, TimedName> by_name;
  std::vector<const TimedCall*> stack;
  for (const TimedCall* call : in_order(calls)) {
    while (!stack.empty() &&
           (stack.back()->thread != call->thread || stack.back()->end <= call->begin)) {
      stack.pop_back();
    }
    const std::uint64_t time = call->end - call->begin;
    TimedName& mine = by_name[call->name];
    mine.name = call->name;
    ++mine.calls;
    mine.own += time;
    const bool within_same = std::any_of(stack.begin(), stack.end(), [&](const TimedCall* each) {
      return each->name == call->name;
    });
    if (!within_same) mine.all += time;
    if (!stack.empty()) {
      TimedName& caller = by_name[stack.back()->name];
      caller.own -= std::min(caller.own, time);
    }
    stack.push_back(call);
  }
  std::vector<TimedName> names;
  for (auto& [name, each] : by_name) names.push_back(std::move(each));
  std::stable_sort(names.begin(), names.end(),
                   [](const TimedName& a, const TimedName& b) { return a.own > b.own; });
  return names;
}

std::string time_table(std::span<const TimedName> names, std::size_t most) {
  constexpr double kMillisecond = 1e6;
  const auto all = static_cast<double>(
      std::accumulate(names.begin(), names.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const TimedName& each) { return sum + each.own; }));
  std::array<char, 160> line{};
  std::string table;
  const auto add = [&](const TimedName& each) {
    std::snprintf(line.data(), line.size(), "%6.1f %% %12.3f %12.3f %9lld %12.4f  ",
                  all > 0.0 ? 100.0 * static_cast<double>(each.own) / all : 0.0,
                  static_cast<double>(each.own) / kMillisecond,
                  static_cast<double>(each.all) / kMillisecond, static_cast<long long>(each.calls),
                  static_cast<double>(each.own) / kMillisecond / static_cast<double>(each.calls));
    table += line.data() + each.name + '\n';
  };
  table += "   share       own ms       all ms     calls    own ms each  name\n";
  for (const TimedName& each : names.first(std::min(most, names.size()))) add(each);
  return table;
}

}  // namespace roux
