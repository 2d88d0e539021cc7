#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "roux/base/error.h"
#include "roux/data/byte_source.h"
#include "roux/data/stream.h"

namespace roux::data {

struct BadExamples {
  // Of all examples; past it, the next bad one is an error. Counted from 1,000 examples on, so that
  // one bad line at the start is not a share of one.
  double max_share = 0.01;

  // What a user calls max_share, for the message: "--max-bad-share". Empty: nothing that they know.
  std::string setting;

  // Told of each: what is wrong with it, and how many there were. From the thread that reads.
  std::function<void(const DataError& what, std::int64_t count)> report;
};

// One bad example more: reports it, and throws DataError where there are too many by now.
inline void count_bad(const BadExamples& options, const DataError& what, std::int64_t good,
                      std::int64_t bad) {
  if (options.report) options.report(what, bad);
  const std::int64_t seen = std::max<std::int64_t>(good + bad, 1000);
  if (static_cast<double>(bad) <= options.max_share * static_cast<double>(seen)) return;
  throw DataError(
      cat(bad, " of ", good + bad, " examples are broken, more than a share of ", options.max_share,
          options.setting.empty() ? "" : cat(" (", options.setting, " says how many may be)"),
          ". The last: ", what.what()));
}

// Leaves out what is broken: an example whose next() throws DataError. A DamagedFile passes
// through: nobody knows how many examples it held.
template <typename T>
class SkipBad final : public Stream<T> {
 public:
  SkipBad(StreamPtr<T> from, BadExamples options)
      : from_(std::move(from)), options_(std::move(options)) {
    require(0.0 <= options_.max_share && options_.max_share <= 1.0, "a share lies between 0 and 1");
  }

  std::optional<T> next() override {
    for (;;) {
      try {
        std::optional<T> example = from_->next();
        if (example) ++good_;
        return example;
      } catch (const DamagedFile&) {
        throw;
      } catch (const DataError& error) {
        ++bad_;
        count_bad(options_, error, good_, bad_);
      }
    }
  }
  void rewind(std::int64_t epoch) override {
    good_ = 0;
    bad_ = 0;
    from_->rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_->save(bookmark.name("skip_bad").number(good_).number(bad_));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("skip_bad");
    good_ = bookmark.number();
    bad_ = bookmark.number();
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  BadExamples options_;
  std::int64_t good_ = 0;
  std::int64_t bad_ = 0;
};

}  // namespace roux::data
