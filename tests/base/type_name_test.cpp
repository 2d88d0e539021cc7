#include "roux/base/type_name.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace roux {

struct Engine {
  auto local() const {
    struct Piston {};
    return Piston{};
  }
  auto lambda() const {
    return [](int) {};
  }
  auto operator<(int) const {
    struct Comparison {};
    return Comparison{};
  }
};

enum class Colour { Red, Green };

template <Colour kColour>
struct Painted {};

template <typename T>
struct Outer {
  struct Inner {};
};

namespace di {
struct Finder {};
template <typename T>
struct Waiting {};
namespace {
struct Slot {};
}  // namespace
}  // namespace di

namespace {

struct Hidden {};

template <auto kNumber, typename T>
struct Sized {};

TEST(TypeName, LeavesOutDefaultArgumentsOfTheStandardLibrary) {
  EXPECT_EQ(type_name<std::vector<std::string>>(), "std::vector<std::string>");
  EXPECT_EQ((type_name<std::map<std::string, std::vector<int>>>()),
            "std::map<std::string, std::vector<int>>");
  EXPECT_EQ((type_name<std::unordered_map<std::string, double>>()),
            "std::unordered_map<std::string, double>");
  EXPECT_EQ(type_name<std::unique_ptr<Engine>>(), "std::unique_ptr<Engine>");
  EXPECT_EQ(type_name<std::string_view>(), "std::string_view");
  EXPECT_EQ((type_name<std::map<int*, int>>()), "std::map<int*, int>");
}

TEST(TypeName, KeepsArgumentsThatTheUserChose) {
  EXPECT_EQ((type_name<std::set<int, std::less<>>>()), "std::set<int, std::less<void>>");
  EXPECT_EQ((type_name<std::set<int, std::greater<int>>>()), "std::set<int, std::greater<int>>");
  EXPECT_EQ(type_name<std::allocator<int>>(), "std::allocator<int>");
}

TEST(TypeName, LeavesOutTheInlineNamespacesOfTheStandardLibrary) {
  EXPECT_EQ(type_name<std::filesystem::path>(), "std::filesystem::path");
}

TEST(TypeName, LeavesOutOurNamespaceButNotThoseInside) {
  EXPECT_EQ(type_name<Engine>(), "Engine");
  EXPECT_EQ(type_name<di::Waiting<di::Finder>>(), "di::Waiting<di::Finder>");
  EXPECT_EQ(type_name<Outer<std::string>::Inner>(), "Outer<std::string>::Inner");
}

TEST(TypeName, LeavesOutTheUnnamedNamespace) {
  EXPECT_EQ(type_name<std::vector<Hidden*>>(), "std::vector<Hidden*>");
  EXPECT_EQ(type_name<di::Slot>(), "di::Slot");
}

TEST(TypeName, WritesNumbersWithoutSuffix) {
  EXPECT_EQ((type_name<std::array<float, 4>>()), "std::array<float, 4>");
  EXPECT_EQ((type_name<Sized<-3L, int>>()), "Sized<-3, int>");
  EXPECT_EQ((type_name<Painted<Colour::Green>>()), "Painted<(Colour)1>");
}

TEST(TypeName, WritesConstWherePeopleDo) {
  EXPECT_EQ(type_name<std::shared_ptr<const Engine>>(), "std::shared_ptr<const Engine>");
  EXPECT_EQ((type_name<std::function<void(const std::string&, Hidden* const*)>>()),
            "std::function<void (const std::string&, Hidden* const*)>");
  EXPECT_EQ(type_name<void (Hidden::*)() const>(), "void (Hidden::*)() const");
}

TEST(TypeName, CallsALocalClassByItsOwnName) {
  struct Local {};

  EXPECT_EQ(type_name<std::shared_ptr<const Local>>(), "std::shared_ptr<const Local>");
  EXPECT_EQ(type_name<decltype(Engine().local())>(), "Piston");
  EXPECT_EQ(type_name<decltype(Engine() < 1)>(), "Comparison");
}

TEST(TypeName, CallsALambdaByTheFunctionItIsIn) {
  EXPECT_EQ(type_name<decltype(Engine().lambda())>(), "lambda in Engine::lambda");
  EXPECT_EQ(type_name<std::vector<decltype(Engine().lambda())>>(),
            "std::vector<lambda in Engine::lambda>");
}

TEST(TypeName, LeavesBuiltInTypesAlone) {
  EXPECT_EQ(type_name<int>(), "int");
  EXPECT_EQ(type_name<int[3]>(), "int [3]");
  EXPECT_EQ(type_name<const char*>(), "const char*");
  EXPECT_EQ((type_name<std::pair<const int*, int* const>>()), "std::pair<const int*, int* const>");
}

}  // namespace
}  // namespace roux
