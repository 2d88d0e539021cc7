#include "roux/base/strings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "roux/base/error.h"

namespace roux {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

// What typing errors should not hide: case, and which dash was used.
std::string folded(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return result;
}

// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b` (optimal
// string alignment: no part is edited twice).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;

  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({substitution, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::size_t largest_distance(std::size_t length) {
  return std::min({std::max<std::size_t>(1, length / 3), std::size_t{3}});
}

// The only candidate that starts with `wanted`, or "".
std::string unique_completion(std::string_view wanted, std::span<const std::string> candidates) {
  constexpr std::size_t kShortestPrefix = 3;
  if (wanted.size() < kShortestPrefix) return "";

  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    if (!folded(candidate).starts_with(wanted)) continue;
    if (found != nullptr && *found != candidate) return "";
    found = &candidate;
  }
  return found != nullptr ? *found : "";
}

// Characters and not bytes: the bytes 10xxxxxx continue a UTF-8 character.
std::size_t columns(std::string_view word) {
  return static_cast<std::size_t>(
      std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void wrap_paragraph(std::string_view text, std::size_t width, std::vector<std::string>& lines) {
  std::string line;
  std::size_t line_columns = 0;
  for (const std::string& part : split(text, ' ')) {
    const std::string_view word = trim(part);
    if (word.empty()) continue;

    const std::size_t word_columns = columns(word);
    if (!line.empty() && line_columns + 1 + word_columns > width) {
      lines.push_back(std::move(line));
      line.clear();
      line_columns = 0;
    }
    if (!line.empty()) {
      line += ' ';
      ++line_columns;
    }
    line += word;
    line_columns += word_columns;
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (&part != parts.data()) result += separator;
    result += part;
  }
  return result;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string nearest_name(std::string_view given, std::span<const std::string> candidates) {
  const std::string wanted = folded(given);
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    // Each edit changes the length by one at most: a text of a megabyte is compared with no name.
    const auto [shorter, longer] = std::minmax({wanted.size(), candidate.size()});
    if (longer - shorter > largest_distance(wanted.size())) continue;

    const std::size_t distance = edit_distance(wanted, folded(candidate));
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = &candidate;
  }

  // The second condition: a one-letter name is not one edit from every other.
  const bool close = best_distance <= largest_distance(wanted.size()) &&
                     (best_distance == 0 || best_distance < wanted.size());
  if (best != nullptr && close) return *best;
  return unique_completion(wanted, candidates);
}

std::string did_you_mean(std::string_view given, std::span<const std::string> candidates) {
  const std::string nearest = nearest_name(given, candidates);
  return nearest.empty() ? "" : cat(" (did you mean \"", nearest, "\"?)");
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  if (text.empty()) return lines;
  for (const std::string& paragraph : split(text, '\n')) wrap_paragraph(paragraph, width, lines);
  return lines;
}

}  // namespace roux
