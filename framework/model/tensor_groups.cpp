#include "roux/model/tensor_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A part of a name that is only a number, and one that fits.
bool is_number(std::string_view part) {
  constexpr std::size_t kMostDigits = 9;
  return !part.empty() && part.size() <= kMostDigits &&
         std::all_of(part.begin(), part.end(), is_digit);
}

// {0, 1, 2, 5} as "{0-2,5}".
std::string ranges(const std::set<int>& numbers) {
  std::string text;
  for (auto it = numbers.begin(); it != numbers.end();) {
    const int first = *it;
    int last = first;
    while (++it != numbers.end() && *it == last + 1) last = *it;
    text += cat(text.empty() ? "" : ",", first);
    if (last > first) text += cat(last == first + 1 ? "," : "-", last);
  }
  return numbers.size() == 1 ? text : "{" + text + "}";
}

// The names of a group, as far as they are known: a number is a set of them.
struct Growing {
  std::string first_name;
  std::vector<std::string> parts;
  std::map<std::size_t, std::set<int>> numbers;  // by the part's index
  TensorGroup group;

  std::string name() const {
    auto shown = parts;
    for (const auto& [index, values] : numbers) shown[index] = ranges(values);
    return join(shown, ".");
  }
};

}  // namespace

std::vector<TensorGroup> group_tensors(std::span<const StoredTensor> tensors) {
  using Key = std::tuple<std::string, std::string, std::vector<std::int64_t>>;
  std::map<Key, Growing> growing;
  for (const auto& tensor : tensors) {
    auto parts = split(tensor.name, '.');
    auto pattern = parts;
    for (auto& part : pattern) {
      if (is_number(part)) part.assign(1, '*');
    }
    auto& group = growing[{join(pattern, "."), dtype_text(tensor), tensor.shape}];
    if (group.parts.empty()) {
      group.parts = parts;
      group.first_name = tensor.name;
      group.group.dtype = dtype_text(tensor);
      group.group.shape = tensor.shape;
    }
    if (natural_less(tensor.name, group.first_name)) group.first_name = tensor.name;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (is_number(parts[i])) group.numbers[i].insert(std::stoi(parts[i]));
    }
    ++group.group.count;
    group.group.parameters += tensor.numel();
    group.group.bytes += tensor.size;
  }

  std::vector<Growing> sorted;
  for (auto& [key, group] : growing) sorted.push_back(std::move(group));
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return natural_less(a.first_name, b.first_name); });
  std::vector<TensorGroup> groups;
  for (auto& each : sorted) {
    each.group.name = each.group.count == 1 ? each.first_name : each.name();
    groups.push_back(std::move(each.group));
  }
  return groups;
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto number_in = [](std::string_view text, std::size_t& at) {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    auto digits = text.substr(begin, at - begin);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto x = number_in(a, i);
      const auto y = number_in(b, j);
      if (x != y) return std::pair(x.size(), x) < std::pair(y.size(), y);
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  // Of "01" and "1", which are the same number, one must still stand first.
  if (i == a.size() && j == b.size()) return a < b;
  return i == a.size();
}

std::string dtype_text(const StoredTensor& tensor) {
  return tensor.dtype ? std::string(to_string(*tensor.dtype)) : tensor.stored_dtype;
}

}  // namespace roux
