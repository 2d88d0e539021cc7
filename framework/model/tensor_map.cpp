#include "roux/model/tensor_map.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace roux {
namespace {

// Whether `pattern`, in which "*" stands for one digit or more, is `text`.
bool matches(std::string_view pattern, std::string_view text) {
  while (!pattern.empty() && pattern.front() != '*') {
    if (text.empty() || text.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  if (pattern.empty()) return text.empty();
  std::size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
    ++digits;
  }
  return digits > 0 && matches(pattern.substr(1), text.substr(digits));
}

}  // namespace

void TensorMap::same(std::string ours, std::string theirs) {
  add({.ours = std::move(ours), .theirs = std::move(theirs)});
}

void TensorMap::transposed(std::string ours, std::string theirs) {
  add({.ours = std::move(ours), .theirs = std::move(theirs), .transposed = true});
}

void TensorMap::part(std::string ours, std::string theirs, std::int64_t begin,
                     std::int64_t length) {
  add({.ours = std::move(ours), .theirs = std::move(theirs), .begin = begin, .length = length});
}

void TensorMap::add(TensorPiece piece) {
  pieces_.push_back(std::move(piece));
}

void TensorMap::ignore(std::string theirs) {
  ignored_.push_back(std::move(theirs));
}

void TensorMap::tie(std::string theirs, std::string to) {
  ignore(theirs);
  ties_.emplace_back(std::move(theirs), std::move(to));
}

void TensorMap::set_base_prefix(std::string prefix) {
  base_prefix_ = std::move(prefix);
}

void TensorMap::nest(std::string from, std::string to) {
  nestings_.push_back({std::move(from), std::move(to)});
}

void TensorMap::beside(std::string prefix) {
  beside_.push_back(std::move(prefix));
}

bool TensorMap::is_beside(std::string_view theirs) const {
  return std::any_of(beside_.begin(), beside_.end(),
                     [&](const std::string& prefix) { return theirs.starts_with(prefix); });
}

bool TensorMap::ignores(std::string_view theirs) const {
  return std::any_of(ignored_.begin(), ignored_.end(),
                     [&](const std::string& pattern) { return matches(pattern, theirs); });
}

}  // namespace roux
