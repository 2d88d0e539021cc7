#include "roux/data/bookmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "roux/base/error.h"

namespace roux::data {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Bookmark, IsReadInTheOrderInWhichItWasWritten) {
  Bookmark inner;
  inner.name("lines").number(5).number(std::numeric_limits<std::int64_t>::min());
  Bookmark bookmark;
  bookmark.name("shuffle").number(-3).place(inner);
  EXPECT_EQ(bookmark.text(), "shuffle -3 lines 5 -9223372036854775808");

  const Bookmark written_and_read(bookmark.text());
  BookmarkReader reader(written_and_read);
  reader.name("shuffle");
  EXPECT_EQ(reader.number(), -3);
  reader.name("lines");
  EXPECT_EQ(reader.number(0, 5), 5);
  EXPECT_EQ(reader.number(), std::numeric_limits<std::int64_t>::min());
  reader.finish();
}

TEST(Bookmark, OfAnotherPipelineIsRefusedAndShown) {
  const Bookmark bookmark("map lines 5x 7");
  const auto refuses = [&](auto read, const char* text) {
    EXPECT_THAT(
        [&] {
          BookmarkReader reader(bookmark);
          read(reader);
        },
        ThrowsMessage<DataError>(AllOf(HasSubstr(text), HasSubstr("\"map lines 5x 7\""))));
  };
  refuses([](BookmarkReader& r) { r.name("shuffle"); }, "expected \"shuffle\", but found map");
  refuses([](BookmarkReader& r) { r.number(); }, "expected a number, but found map");
  refuses([](BookmarkReader& r) { r.finish(); }, "expected its end, but found map lines 5x 7");
  const auto to_the_five = [](BookmarkReader& r) {
    r.name("map");
    r.name("lines");
  };
  refuses([&](BookmarkReader& r) { to_the_five(r), r.number(); },
          "expected a number, but found 5x");
  refuses([&](BookmarkReader& r) { to_the_five(r), r.name("5x"), r.number(0, 6); },
          "expected a number from 0 to 6, but found 7");
  refuses([&](BookmarkReader& r) { to_the_five(r), r.name("5x"), r.number(), r.number(); },
          "expected a number, but found its end");
}

}  // namespace
}  // namespace roux::data
