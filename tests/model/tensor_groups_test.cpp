#include "roux/model/tensor_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;

StoredTensor tensor(std::string name, std::vector<std::int64_t> shape = {2, 3},
                    std::string dtype = "F32") {
  const auto type = dtype == "F32" ? std::optional(DType::Float32) : std::nullopt;
  StoredTensor made{std::move(name), std::move(dtype), type, std::move(shape)};
  made.size = static_cast<std::uint64_t>(made.numel()) * 4;
  return made;
}

std::vector<std::string> names(const std::vector<StoredTensor>& tensors) {
  std::vector<std::string> names;
  for (const auto& group : group_tensors(tensors)) names.push_back(group.name);
  return names;
}

TEST(TensorGroups, ShowLayersAsOne) {
  std::vector<StoredTensor> tensors = {tensor("embed.weight", {10, 3})};
  for (int i = 0; i < 12; ++i) tensors.push_back(tensor(cat("layers.", i, ".weight")));

  const auto groups = group_tensors(tensors);

  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].name, "embed.weight");
  EXPECT_EQ(groups[1].name, "layers.{0-11}.weight");
  EXPECT_EQ(groups[1].count, 12);
  EXPECT_EQ(groups[1].parameters, 72);
  EXPECT_EQ(groups[1].bytes, 288U);
  EXPECT_EQ(groups[1].dtype, "float32");
}

TEST(TensorGroups, KeepApartWhatHasAnotherShapeOrDType) {
  EXPECT_THAT(names({tensor("l.0.w"), tensor("l.1.w"), tensor("l.2.w", {3, 2}), tensor("l.3.w"),
                     tensor("l.4.w", {2, 3}, "U32"), tensor("l.5.w")}),
              ElementsAre("l.{0,1,3,5}.w", "l.2.w", "l.4.w"));
}

TEST(TensorGroups, CountEveryNumberInAName) {
  std::vector<StoredTensor> tensors;
  for (int layer = 0; layer < 3; ++layer) {
    for (int expert = 0; expert < 4; ++expert) {
      tensors.push_back(tensor(cat("l.", layer, ".experts.", expert, ".w")));
    }
  }
  EXPECT_THAT(names(tensors), ElementsAre("l.{0-2}.experts.{0-3}.w"));
  EXPECT_THAT(names({tensor("l.7.experts.0.w"), tensor("l.7.experts.1.w")}),
              ElementsAre("l.7.experts.{0,1}.w"));
}

TEST(TensorGroups, TakeOnlyWholePartsForNumbers) {
  EXPECT_THAT(names({tensor("w1"), tensor("w2"), tensor("a.99999999999.w"), tensor("")}),
              ElementsAre("", "a.99999999999.w", "w1", "w2"));
}

TEST(TensorGroups, AreSortedAsAPersonWould) {
  EXPECT_TRUE(natural_less("l.2.w", "l.10.w"));
  EXPECT_FALSE(natural_less("l.10.w", "l.2.w"));
  EXPECT_TRUE(natural_less("l.2", "l.2.w"));
  EXPECT_TRUE(natural_less("a", "b"));
  EXPECT_FALSE(natural_less("a", "a"));
  EXPECT_TRUE(natural_less("l.01", "l.1"));
  EXPECT_FALSE(natural_less("l.1", "l.01"));
  EXPECT_TRUE(natural_less("l.9999999999999999999", "l.10000000000000000000"));
}

}  // namespace
}  // namespace roux
