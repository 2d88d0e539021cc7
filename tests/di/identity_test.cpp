#include <gtest/gtest.h>

#include <unordered_set>

#include "roux/base/error.h"
#include "roux/di/dependency.h"
#include "roux/di/key.h"
#include "roux/di/keyed.h"
#include "roux/di/type_id.h"
#include "roux/di/where.h"

namespace roux::di {

struct OnlyDeclared;

namespace {

struct Clock {};
template <typename T>
struct Box {};

TEST(TypeId, IsTheSameForATypeAndItsConstOne) {
  EXPECT_EQ(TypeId::of<Clock>(), TypeId::of<const Clock>());
  EXPECT_EQ(TypeId::of<Clock>().hash(), TypeId::of<const Clock>().hash());
}

TEST(TypeId, DiffersBetweenTypes) {
  EXPECT_FALSE(TypeId::of<Clock>() == TypeId::of<Box<Clock>>());
  EXPECT_FALSE(TypeId::of<Box<Clock>>() == TypeId::of<Box<int>>());
}

TEST(TypeId, TakesATypeThatIsOnlyDeclared) {
  EXPECT_EQ(TypeId::of<OnlyDeclared>().name(), "di::OnlyDeclared");
}

TEST(TypeId, IsNamedAsAPersonWouldWriteIt) {
  EXPECT_EQ(TypeId::of<Box<Box<int>>>().name(), "di::Box<di::Box<int>>");
}

TEST(Key, TellsNamedOnesFromTheDefaultOne) {
  const Key& plain = key_of<Clock>();
  const Key& wall = key_of<Keyed<Clock, "wall">>();
  const Key& cpu = key_of<Keyed<Clock, "cpu">>();

  const std::unordered_set<Key, KeyHash> keys = {plain, wall, cpu, key_of<Keyed<Clock, "cpu">>()};

  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(wall.type, plain.type);
}

TEST(Key, IsTheSameForAConstRequest) {
  EXPECT_EQ(key_of<const Clock>(), key_of<Clock>());
  EXPECT_EQ((key_of<Keyed<const Clock, "cpu">>()), (key_of<Keyed<Clock, "cpu">>()));
}

TEST(Key, PrintsItsNameInQuotes) {
  EXPECT_EQ(cat(key_of<Clock>()), "di::Clock");
  EXPECT_EQ(cat(key_of<Keyed<Clock, "cpu">>()), "di::Clock \"cpu\"");
  EXPECT_EQ(as_type(key_of<Keyed<Clock, "cpu">>()), "Keyed<di::Clock, \"cpu\">");
}

TEST(Dependency, IsWrittenAsItStandsInTheProvider) {
  const Key& key = key_of<Clock>();

  EXPECT_EQ(as_written({key, Form::Reference, false}), "di::Clock");
  EXPECT_EQ(as_written({key, Form::Reference, true}), "const di::Clock");
  EXPECT_EQ(as_written({key, Form::Shared, true}), "std::shared_ptr<const di::Clock>");
  EXPECT_EQ(as_written({key, Form::Optional, false}), "di::Clock*");
  EXPECT_EQ(as_written({key, Form::Lazy, false}), "Lazy<di::Clock>");
  EXPECT_EQ(as_written({key_of<Keyed<Clock, "cpu">>(), Form::Factory, false}),
            "Factory<Keyed<di::Clock, \"cpu\">>");
}

TEST(Where, PrintsTheFileWithoutItsFolders) {
  EXPECT_EQ(cat(Where{"/home/me/recipes/lm/recipe.cpp", 21}), "recipe.cpp:21");
  EXPECT_EQ(cat(Where{"recipe.cpp", 21}), "recipe.cpp:21");
}

TEST(Where, IsTheLineOfTheCallWhenItIsADefaultArgument) {
  const auto called = [](Where where = Where::here()) { return where; };

  const int line = called().line;

  EXPECT_EQ(line, __LINE__ - 2);
}

}  // namespace
}  // namespace roux::di
