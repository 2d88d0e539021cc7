#include "ops/attention_plan.h"

#include <algorithm>
#include <utility>

namespace roux::ops {
namespace {

// Enough tasks for some threads to share evenly.
constexpr std::int64_t kTasks = 32;

// Rows whose results a task holds while the keys go by.
constexpr std::int64_t kForwardRows = 256;
constexpr std::int64_t kLeastRows = 64;  // packing keys for less costs more than it gives

// A range of a cache that is worth a task of its own.
constexpr std::int64_t kDecodeKeys = 128;

// Few rows for each key: reading it is what takes the time.
bool decodes(const AttentionProblem& problem, const AttentionSpan& span) {
  return span.query_length > 0 && span.query_length * problem.group() <= 16 &&
         span.key_length >= span.query_length + 16;
}

AttentionTask whole(const AttentionSpan& span, std::int64_t key_head) {
  AttentionTask task;
  task.query_begin = span.query_begin;
  task.query_length = span.query_length;
  task.key_begin = span.key_begin;
  task.key_length = span.key_length;
  task.key_head = key_head;
  return task;
}

// Products of a query and a key that a task's queries or keys take part in, about.
std::int64_t pairs_of_queries(const AttentionProblem& problem, const AttentionTask& task) {
  const auto seen = [&](std::int64_t query) {
    return task.end_key(problem, query) - task.first_key(problem, query);
  };
  return (task.end - task.begin) * (seen(task.begin) + seen(task.end - 1)) / 2;
}

std::int64_t pairs_of_keys(const AttentionProblem& problem, const AttentionTask& task) {
  const std::int64_t ahead = task.key_length - task.query_length;
  const auto seen = [&](std::int64_t key) {
    const std::int64_t first = problem.causal ? std::max<std::int64_t>(0, key - ahead) : 0;
    const std::int64_t end = problem.window > 0
                                 ? std::min(task.query_length, key - ahead + problem.window)
                                 : task.query_length;
    return std::max<std::int64_t>(0, end - first);
  };
  return (task.end - task.begin) * (seen(task.begin) + seen(task.end - 1)) / 2;
}

template <typename Weight>
void sort_heaviest_first(std::vector<AttentionTask>& tasks, Weight weight) {
  std::vector<std::pair<std::int64_t, AttentionTask>> weighed;
  weighed.reserve(tasks.size());
  for (const AttentionTask& task : tasks) weighed.emplace_back(weight(task), task);
  std::stable_sort(weighed.begin(), weighed.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i] = weighed[i].second;
}

// The chunks of keys of a span, each with its pairs.
std::vector<std::int64_t> weigh_chunks(const AttentionProblem& problem, AttentionTask task) {
  std::vector<std::int64_t> weights;
  for (std::int64_t key = 0; key < task.key_length; key += kAttentionKeyChunk) {
    task.begin = key;
    task.end = std::min(task.key_length, key + kAttentionKeyChunk);
    weights.push_back(pairs_of_keys(problem, task) + 1);
  }
  return weights;
}

bool covers(std::vector<std::pair<std::int64_t, std::int64_t>> ranges, std::int64_t rows) {
  std::sort(ranges.begin(), ranges.end());
  std::int64_t covered = 0;
  for (const auto& [begin, length] : ranges) {
    if (begin > covered) return false;
    covered = std::max(covered, begin + length);
  }
  return covered >= rows;
}

}  // namespace

std::vector<AttentionTask> plan_forward(const AttentionProblem& problem,
                                        const AttentionLayout& layout) {
  std::int64_t rows = 0;
  for (const AttentionSpan& span : layout.spans()) {
    if (!decodes(problem, span)) rows += span.query_length;
  }
  const std::int64_t group = problem.group();
  const std::int64_t wanted = std::min(kForwardRows, rows * problem.heads / kTasks);
  const std::int64_t queries =
      std::max<std::int64_t>(8, std::max(kLeastRows, wanted) / group / 8 * 8);

  std::vector<AttentionTask> tasks;
  for (const AttentionSpan& span : layout.spans()) {
    if (decodes(problem, span)) continue;
    for (std::int64_t head = 0; head < problem.key_heads; ++head) {
      AttentionTask task = whole(span, head);
      for (std::int64_t query = 0; query < span.query_length; query += queries) {
        task.begin = query;
        task.end = std::min(span.query_length, query + queries);
        tasks.push_back(task);
      }
    }
  }
  sort_heaviest_first(tasks,
                      [&](const AttentionTask& task) { return pairs_of_queries(problem, task); });
  return tasks;
}

AttentionDecodePlan plan_decode(const AttentionProblem& problem, const AttentionLayout& layout) {
  const auto first_key = [&](const AttentionTask& task) { return task.first_key(problem, 0); };
  std::int64_t keys = 0;
  for (const AttentionSpan& span : layout.spans()) {
    if (decodes(problem, span)) keys += span.key_length - first_key(whole(span, 0));
  }
  const std::int64_t range = std::max(kDecodeKeys, (keys / kTasks + 15) / 16 * 16);

  AttentionDecodePlan plan;
  for (const AttentionSpan& span : layout.spans()) {
    if (!decodes(problem, span)) continue;
    AttentionTask task = whole(span, 0);
    const std::size_t first = plan.tasks.size();
    for (task.begin = first_key(task); task.begin < span.key_length; task.begin += range) {
      task.end = std::min(span.key_length, task.begin + range);
      plan.tasks.push_back(task);
    }
    plan.spans.push_back({first, plan.tasks.size() - first});
  }
  return plan;
}

std::vector<AttentionParts> plan_parts(const AttentionProblem& problem,
                                       const AttentionLayout& layout) {
  std::vector<std::vector<std::int64_t>> weights;
  std::int64_t total = 0;
  for (const AttentionSpan& span : layout.spans()) {
    weights.push_back(weigh_chunks(problem, whole(span, 0)));
    for (const std::int64_t weight : weights.back()) total += weight * problem.key_heads;
  }
  std::vector<AttentionParts> parts;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].empty()) continue;
    std::int64_t mine = 0;
    for (const std::int64_t weight : weights[i]) mine += weight;
    const auto chunks = static_cast<std::int64_t>(weights[i].size());
    const std::int64_t wanted = mine * kTasks / std::max<std::int64_t>(1, total);
    parts.push_back({i, std::clamp<std::int64_t>(wanted, 1, chunks), chunks == 1});
  }
  return parts;
}

std::vector<AttentionTask> plan_backward(
    const AttentionProblem& problem, const AttentionLayout& layout,
    const std::vector<AttentionParts>& parts,
    const std::function<float*(const AttentionParts& parts, std::int64_t part)>& sums) {
  std::vector<AttentionTask> tasks;
  for (const AttentionParts& each : parts) {
    const AttentionTask span = whole(layout.spans()[each.span], 0);
    const std::vector<std::int64_t> weights = weigh_chunks(problem, span);
    std::int64_t total = 0;
    for (const std::int64_t weight : weights) total += weight;

    // Chunks that follow one another, cut where the parts weigh the same.
    std::size_t chunk = 0;
    std::int64_t weighed = 0;
    for (std::int64_t part = 0; part < each.parts; ++part) {
      const std::size_t left_for_others = static_cast<std::size_t>(each.parts - part - 1);
      const std::size_t first = chunk;
      do {
        weighed += weights[chunk++];
      } while (
          chunk + left_for_others < weights.size() &&
          (left_for_others == 0 || weighed + weights[chunk] / 2 < total * (part + 1) / each.parts));
      AttentionTask task = span;
      task.begin = static_cast<std::int64_t>(first) * kAttentionKeyChunk;
      task.end = std::min(span.key_length, static_cast<std::int64_t>(chunk) * kAttentionKeyChunk);
      task.dq_sum = each.direct ? nullptr : sums(each, part);
      for (task.key_head = 0; task.key_head < problem.key_heads; ++task.key_head) {
        tasks.push_back(task);
      }
    }
  }
  sort_heaviest_first(tasks,
                      [&](const AttentionTask& task) { return pairs_of_keys(problem, task); });
  return tasks;
}

bool keys_are_apart(const AttentionLayout& layout) {
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const AttentionSpan& span : layout.spans()) {
    if (span.key_length > 0) ranges.emplace_back(span.key_begin, span.key_begin + span.key_length);
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) return false;
  }
  return true;
}

bool covers_queries(const AttentionLayout& layout, std::int64_t rows) {
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const AttentionSpan& span : layout.spans()) {
    ranges.emplace_back(span.query_begin, span.query_length);
  }
  return covers(std::move(ranges), rows);
}

bool covers_keys(const AttentionLayout& layout, std::int64_t rows) {
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const AttentionSpan& span : layout.spans()) {
    ranges.emplace_back(span.key_begin, span.key_length);
  }
  return covers(std::move(ranges), rows);
}

}  // namespace roux::ops
