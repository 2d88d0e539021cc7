#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "roux/di/key.h"

namespace roux::di {

// Everything that was collected as T, in the order of the calls of collect() and of the entries in
// the config's list; empty if nothing was. In a child container the parent's come first.
//
//   for (Modifier& modifier : modifiers) modifier.apply(model);
//
// References in other clothes: copy it freely; its members live as long as the container.
template <typename T>
class All {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Object<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = Object<T>*;
    using reference = Object<T>&;

    Iterator() = default;
    explicit Iterator(void* const* at) : at_(at) {}

    reference operator*() const { return *static_cast<pointer>(*at_); }
    pointer operator->() const { return static_cast<pointer>(*at_); }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(Iterator a, Iterator b) { return a.at_ == b.at_; }

   private:
    void* const* at_ = nullptr;
  };

  explicit All(std::vector<void*> members) : members_(std::move(members)) {}

  Iterator begin() const { return Iterator(members_.data()); }
  Iterator end() const { return Iterator(members_.data() + members_.size()); }

  std::size_t size() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  Object<T>& operator[](std::size_t i) const { return *static_cast<Object<T>*>(members_[i]); }

 private:
  std::vector<void*> members_;
};

}  // namespace roux::di
