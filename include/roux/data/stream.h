#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "roux/data/bookmark.h"

namespace roux::data {

// Examples, one after the other, from a place that can be saved.
//
// A pipeline is a chain of streams, each of which owns the one before it. One thread at a time
// uses a stream; what works in the background inside one is its own affair.
//
// Where next() throws (a broken line, a function that failed), the example is lost and the stream
// is not: the next call goes on with the one after it.
template <typename T>
class Stream {
 public:
  using Example = T;

  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // nullopt at the end, and at every call from then on.
  virtual std::optional<T> next() = 0;

  // Back to the beginning. What is random differs between epochs and is the same for one epoch.
  virtual void rewind(std::int64_t epoch) = 0;

  // The place behind what next() gave last, whatever is in flight. Reading on after load() gives
  // what reading on gave after save(). Requires: load() gets what the same pipeline saved; else it
  // throws DataError and the stream is good for rewind() and load() alone.
  virtual void save(Bookmark& bookmark) const = 0;
  virtual void load(BookmarkReader& bookmark) = 0;
};

template <typename T>
using StreamPtr = std::unique_ptr<Stream<T>>;

template <typename T>
Bookmark save(const Stream<T>& stream) {
  Bookmark bookmark;
  stream.save(bookmark);
  return bookmark;
}

template <typename T>
void load(Stream<T>& stream, const Bookmark& bookmark) {
  BookmarkReader reader(bookmark);
  stream.load(reader);
  reader.finish();
}

}  // namespace roux::data
